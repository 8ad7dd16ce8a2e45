"""Exports of one made-up walker as each vendor writes them, with what each row means: known without reading them back."""

import functools

from sample_data.vendors import (
    actigraph,
    activpal,
    apple,
    fitabase,
    fitbit,
    phones,
    plain,
    research,
    watches,
    xiaomi,
)
from sample_data.vendors.sample import Sample, TruthRow
from sample_data.vendors.walker import walker

__all__ = ["Sample", "TruthRow", "files", "samples"]

_VENDORS = (actigraph, activpal, apple, fitabase, fitbit, phones, plain, research, watches, xiaomi)


@functools.cache
def samples() -> tuple[Sample, ...]:
    """All of them, by dialect and where they are kept."""
    found = (sample for vendor in _VENDORS for sample in vendor.samples(walker()))
    return tuple(sorted(found, key=lambda sample: sample.path))


def files() -> dict[str, bytes]:
    """Path under sample_data/ and bytes of every sample and its truth."""
    written: dict[str, bytes] = {}
    for sample in samples():
        written |= {sample.path: sample.content, sample.truth_path: sample.truth_csv()}
    return written
