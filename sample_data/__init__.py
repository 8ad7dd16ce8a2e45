"""A made-up walking trial: its study CSVs, everything its participants' devices export, and what is true about them.

An independent writer: it knows the published formats and definitions, and imports nothing of the product.
"""

from sample_data.people import NAME, TIME_ZONE
from sample_data.study import write_study
from sample_data.truth import Truth

__all__ = ["NAME", "TIME_ZONE", "Truth", "write_study"]
