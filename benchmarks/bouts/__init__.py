"""Minutes into bouts, days and weeks: how fast, how much memory, and what one more night costs.

python -m benchmarks.bouts [--help]
"""
