"""What every connector and dialect owes to everything behind it, checked on every sample there is."""

from pathlib import Path

import polars as pl
import pytest

import connectors
from connectors.dialect_file import built_in
from connectors.recording import COVERAGE_COLUMNS, EPOCH_COLUMNS, SESSION_COLUMNS, TOTAL_COLUMNS, Recording, schema
from tests.connectors.csv_samples import SAMPLES, write
from tests.real_exports import REAL, needs_real_exports

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


def test_every_built_in_dialect_has_a_sample() -> None:
    assert set(SAMPLES) == set(built_in())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_keeps_the_contract(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, SAMPLES[name]())
    recording = connectors.read(path)
    assert (recording.connector, recording.dialect) == ("csv", name)
    assert recording.problems == ()
    assert recording.epochs.height + recording.totals.height > 0
    _check(recording)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_read_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, SAMPLES[name]())
    assert _same(connectors.read(path), connectors.read(path))


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("share", [0.999, 0.5, 0.01])
def test_a_sample_cut_short_is_refused_or_reported(name: str, share: float, tmp_path: Path) -> None:
    text = SAMPLES[name]().encode()
    cut = text[: int(len(text) * share)].rstrip(b"\n")
    try:
        recording = connectors.read(write(tmp_path, cut))
    except connectors.ConnectorError:
        return
    assert recording.problems
    _check(recording)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_sample_in_another_encoding_reads_the_same(name: str, encoding: str, tmp_path: Path) -> None:
    plain = connectors.read(write(tmp_path, SAMPLES[name]()))
    other = connectors.read(write(tmp_path, SAMPLES[name]().encode(encoding), "other.csv"))
    assert _same(plain, other)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_a_sample_with_other_line_ends_reads_the_same(name: str, line_end: str, tmp_path: Path) -> None:
    plain = connectors.read(write(tmp_path, SAMPLES[name]()))
    other = connectors.read(write(tmp_path, SAMPLES[name]().replace("\n", line_end), "other.csv"))
    assert _same(plain, other)


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
