"""What every connector and dialect owes to everything behind it, checked on every sample there is."""

import contextlib
from pathlib import Path

import polars as pl
import pytest

import connectors
from connectors.recording import COVERAGE_COLUMNS, EPOCH_COLUMNS, SESSION_COLUMNS, TOTAL_COLUMNS, Recording, schema
from sample_data.vendors import Sample, samples
from tests.connectors.csv_samples import write
from tests.real_exports import REAL, needs_real_exports

WITH_STEPS = [sample for sample in samples() if sample.truth]
_FRAMES = {
    "epochs": EPOCH_COLUMNS,
    "coverage": COVERAGE_COLUMNS,
    "sessions": SESSION_COLUMNS,
    "totals": TOTAL_COLUMNS,
}
#: larger FIT and GPX files take many seconds each and show nothing that small ones do not
_MAX_BYTES = 60_000
_REAL_FILES = sorted(
    path
    for path in REAL.rglob("*")
    if path.suffix.lower() == ".csv" or (path.suffix.lower() in (".fit", ".gpx") and path.stat().st_size < _MAX_BYTES)
)


def _check(recording: Recording) -> None:
    for name, columns in _FRAMES.items():
        frame = getattr(recording, name)
        assert dict(frame.schema) == schema(columns, recording.time_basis), name
    epochs = recording.epochs
    order = ["participant_label", "device_label", "epoch_start", "epoch_end"]
    assert epochs.select(order).equals(epochs.select(order).sort(order, maintain_order=True))
    assert (epochs["epoch_end"] >= epochs["epoch_start"]).all()
    assert (recording.totals["end"] > recording.totals["start"]).all()
    assert (recording.coverage["end"] >= recording.coverage["start"]).all()
    assert not epochs["steps"].is_nan().any()
    if recording.connector == "csv":
        before = pl.col("epoch_end").shift().over("participant_label", "device_label")
        assert epochs.filter(pl.col("epoch_start") < before).is_empty()


def _same(one: Recording, two: Recording) -> bool:
    return all(getattr(one, name).equals(getattr(two, name)) for name in _FRAMES) and one.problems == two.problems


@pytest.mark.parametrize("sample", WITH_STEPS, ids=lambda sample: sample.path)
def test_a_sample_keeps_the_contract_and_reads_the_same_twice(sample: Sample, tmp_path: Path) -> None:
    path = write(tmp_path, sample.content)
    recording = connectors.read(path, names=(sample.name,))
    assert (recording.connector, recording.dialect) == ("csv", sample.dialect)
    assert recording.epochs.height + recording.totals.height + recording.sessions.height > 0
    _check(recording)
    assert _same(recording, connectors.read(path, names=(sample.name,)))


@pytest.mark.parametrize("sample", WITH_STEPS, ids=lambda sample: sample.path)
def test_a_sample_in_another_encoding_or_with_other_line_ends_reads_the_same(sample: Sample, tmp_path: Path) -> None:
    plain = connectors.read(write(tmp_path, sample.content), names=(sample.name,))
    text = sample.content.decode("utf-7" if b"+ACI-" in sample.content else "utf-8-sig").replace("\r\n", "\n")
    codecs = ["utf-8-sig", "utf-16"]
    with contextlib.suppress(UnicodeEncodeError):
        # a sign that cp1252 lacks cannot be in such a file
        text.encode("cp1252")
        codecs.append("cp1252")
    ends = [text.replace("\n", end) for end in ("\r\n", "\r")]
    for twin in (*(text.encode(codec) for codec in codecs), *(other.encode() for other in ends)):
        assert _same(plain, connectors.read(write(tmp_path, twin, "other.csv"), names=(sample.name,)))


@needs_real_exports
@pytest.mark.parametrize("path", _REAL_FILES, ids=lambda p: p.name)
def test_a_real_file_is_read_by_the_contract_or_refused_with_a_reason(path: Path) -> None:
    try:
        recording = connectors.read(path)
    except connectors.AmbiguousFormatError:
        pytest.fail("two readers claim the file")
    except connectors.ConnectorError as error:
        assert error.expected
        assert error.found
        return
    _check(recording)
    assert _same(recording, connectors.read(path))


@needs_real_exports
@pytest.mark.parametrize("path", _REAL_FILES, ids=lambda p: p.name)
def test_half_a_real_file_is_refused_or_reported(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    half = tmp_path / path.name
    # a cut within a line: a table that ends after a whole row is just a shorter table
    half.write_bytes(data[: len(data) // 2].rstrip(b"\r\n"))
    try:
        recording = connectors.read(half)
    except connectors.ConnectorError:
        return
    assert recording.problems
    _check(recording)
