"""Compares the readers of FIT and GPX with other libraries, in one run and on the same files.

python -m benchmarks.decoders [--help]
"""
