"""Every vendor's export, written by code that knows nothing of the reader, is read to exactly what it means."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors
from connectors.dialect_file import built_in
from connectors.recording import Recording
from sample_data.vendors import Sample, TruthRow, files, samples

ROOT = Path(__file__).resolve().parents[2] / "sample_data"
SAMPLES = {sample.path: sample for sample in samples()}

#: frame, participant, device, start, end, steps
Row = tuple[str, str | None, str | None, dt.datetime, dt.datetime, float | None]

WITH_STEPS = [path for path, sample in SAMPLES.items() if sample.truth]

every_sample = pytest.mark.parametrize("path", SAMPLES)


def _order(row: Row) -> tuple[str, ...]:
    frame, participant, device, start, end, steps = row
    return frame, participant or "", device or "", start.isoformat(), end.isoformat(), repr(steps)


def _as_read(recording: Recording) -> Iterator[Row]:
    epochs = recording.epochs.select(
        "participant_label", "device_label", "epoch_start", "epoch_end", "steps", "worn"
    ).rows()
    for participant, device, start, end, steps, worn in epochs:
        yield "wear" if worn and steps is None else "epoch", participant, device, start, end, steps
    totals = recording.totals.select("participant_label", "device_label", "start", "end", "steps").rows()
    for participant, device, start, end, steps in totals:
        yield "total", participant, device, start, end, steps
    for start, end, steps in recording.sessions.select("start", "end", "steps").rows():
        yield "session", None, None, start, end, steps


def _as_meant(truth: tuple[TruthRow, ...], labels: dict[str, str]) -> Iterator[Row]:
    for row in truth:
        device = None if row.device is None else labels[row.device]
        yield row.frame, row.participant, device, row.start, row.end, row.steps


def _labels(sample: Sample, recording: Recording) -> dict[str, str]:
    """Device text of the file -> the label it was read to: itself, or the device whose serial is a hash of the text."""
    by_serial = {device.serial: label for label, device in recording.devices.items()}
    found = {}
    for text in {row.device for row in sample.truth if row.device is not None}:
        label = by_serial.get(hashlib.sha256(text.encode()).hexdigest()[:8])
        if label is not None:
            assert label == recording.devices[label].device_id
            assert text.lower() not in label
        found[text] = label or text
    return found


def _pauses(read: list[Row], meant: list[Row], dialect: str) -> tuple[list[Row], list[Row]]:
    """Zeros that the reader put between two rows of a device, where the dialect says that absent means zero; the rest."""
    if built_in()[dialect].value.absent_means != "zero_between_rows":
        return [], read
    ends = {(participant, device, end) for _, participant, device, _, end, _ in meant}
    starts = {(participant, device, start) for _, participant, device, start, _, _ in meant}
    found: list[Row] = []
    rows: list[Row] = []
    for row in read:
        frame, participant, device, start, end, steps = row
        is_between = (participant, device, start) in ends and (participant, device, end) in starts
        is_free = not any(m[1:3] == row[1:3] and m[3] < end and start < m[4] for m in meant)
        is_pause = frame == "epoch" and steps == 0 and is_between and is_free
        (found if is_pause else rows).append(row)
    return found, rows


def test_the_committed_vendor_samples_are_what_the_generator_writes() -> None:
    for path, content in files().items():
        assert (ROOT / path).read_bytes() == content, path


def test_the_vendor_samples_are_small() -> None:
    assert max(len(sample.content) for sample in samples()) < 60_000


def test_every_built_in_dialect_has_a_sample_and_every_sample_a_dialect() -> None:
    assert {sample.dialect for sample in samples()} == set(built_in())


@pytest.mark.parametrize("path", WITH_STEPS)
def test_a_sample_is_read_to_exactly_what_its_rows_mean(path: str) -> None:
    sample = SAMPLES[path]
    recording = connectors.read(ROOT / path, names=(sample.name,))
    assert recording.dialect == sample.dialect
    meant = sorted(_as_meant(sample.truth, _labels(sample, recording)), key=_order)
    pauses, rows = _pauses(list(_as_read(recording)), meant, sample.dialect)
    assert sorted(rows, key=_order) == meant
    assert bool(pauses) == (built_in()[sample.dialect].value.absent_means == "zero_between_rows")


@pytest.mark.parametrize("path", [path for path in SAMPLES if path not in WITH_STEPS])
def test_a_sample_without_steps_is_refused_with_what_to_export_instead(path: str) -> None:
    with pytest.raises(connectors.NoStepDataError, match=r"Export|Use"):
        connectors.read(ROOT / path, names=(SAMPLES[path].name,))


@every_sample
def test_exactly_one_dialect_claims_a_sample(path: str) -> None:
    # more than one would be an AmbiguousFormatError
    claim = connectors.identify(ROOT / path, names=(SAMPLES[path].name,))
    assert (claim.connector, claim.dialect) == ("csv", SAMPLES[path].dialect)


def test_no_dialect_claims_a_table_of_truth() -> None:
    for sample in samples():
        with pytest.raises(connectors.UnknownFormatError):
            connectors.identify(ROOT / sample.truth_path)
