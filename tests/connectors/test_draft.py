"""Drafts of dialects for exports that nobody knows: what they find, what they ask, and what reading makes of them."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

import connectors
from connectors.dialect import Dialect
from connectors.dialect_file import built_in, load
from connectors.draft import Draft, draft
from connectors.errors import CorruptFileError, NoStepDataError, UnknownFormatError
from connectors.pedometer_csv.head import claims
from connectors.recording import Recording

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data" / "csv"
NIGHT = dt.datetime.fromisoformat("2026-02-12")
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)

Edits = Sequence[tuple[str, str]]
#: what a person answers in any draft
ANSWERED: Edits = [('manufacturer = "unknown"', 'manufacturer = "acme"'), ('model = "unknown"', 'model = "stepper"')]


def steps_at(moment: dt.datetime) -> int:
    """A walk from 10:00 to 10:40 each day, a little in between, nothing at night."""
    if moment.hour == 10 and moment.minute < 40:
        return 95 + (moment.minute * 7 + moment.day) % 20
    return 12 if 8 <= moment.hour < 21 and moment.minute % 11 == 0 else 0


def minutes(days: int, start: dt.datetime = NIGHT) -> list[tuple[dt.datetime, int]]:
    return [(at, steps_at(at)) for at in (start + n * MINUTE for n in range(days * 1440))]


def table(path: Path, header: str, rows: Iterable[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(f"{line}\r\n" for line in [header, *rows]).encode(encoding))
    return path


def german(tmp_path: Path) -> Path:
    kilometres = [(at, n, f"{n * 0.0007:.3f}".replace(".", ",")) for at, n in minutes(3)]
    rows = (f"{at:%d.%m.%Y;%H:%M};{n};{km}" for at, n, km in kilometres)
    return table(tmp_path / "messung.csv", "Datum;Uhrzeit;Schritte;Strecke (km)", rows)


def counter(tmp_path: Path) -> Path:
    lines, count = ["Owner\tnot filled in", "Counter X2", "", "Time\tCount"], 0
    for at, n in minutes(3):
        count = n + (count if at.time() != dt.time() else 0)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%S}\t{count}")
    return table(tmp_path / "counter.txt", "Serial: 4711-A", lines)


def spans(tmp_path: Path) -> Path:
    walked = [(int(at.replace(tzinfo=dt.UTC).timestamp()) * 1000, n) for at, n in minutes(1) if n]
    rows = [f"{at},{at + 60_000},{who},{n},-33.86{n:03d}" for who in ("Anna's phone", "watch 2") for at, n in walked]
    return table(tmp_path / "spans.csv", "startTime,endTime,Device,Step Count,Latitude", rows)


def hourly(tmp_path: Path) -> Path:
    rows = (f"{at:%m/%d/%Y %I:%M:%S %p},{n}" for at, n in hours())
    return table(tmp_path / "hours.csv", "When,Steps", rows)


def hours() -> list[tuple[dt.datetime, int]]:
    starts = [dt.datetime.fromisoformat("2026-03-05") + n * HOUR for n in range(96)]
    return [(at, sum(steps_at(at + n * MINUTE) for n in range(60))) for at in starts]


def drafted(path: Path) -> Draft:
    return draft(path, built_in())


def dialect_of(path: Path, tmp_path: Path) -> Dialect:
    """The draft as it comes, loaded."""
    return load(saved(drafted(path).toml, tmp_path / "drafts").joinpath("own.toml"))


def saved(toml: str, folder: Path, edits: Edits = ()) -> Path:
    """The folder of dialects with a draft in it after a person's edits; each replaces a line that is there."""
    for old, new in edits:
        assert toml.count(f"\n{old}\n") == 1, old
        toml = toml.replace(f"\n{old}\n", f"\n{new}\n")
    folder.mkdir(exist_ok=True)
    (folder / "own.toml").write_text(toml, encoding="utf-8")
    return folder


def read(path: Path, tmp_path: Path, edits: Edits = ()) -> Recording:
    """The file as it is read with its draft in the study's dialects/."""
    folder = saved(drafted(path).toml, tmp_path / "dialects", [*ANSWERED, *edits])
    return connectors.read(path, dialect_folder=folder)


def epochs(recording: Recording) -> list[tuple[dt.datetime, dt.datetime, float]]:
    return recording.epochs.select("epoch_start", "epoch_end", "steps").rows()


def refused(path: Path) -> str:
    with pytest.raises(UnknownFormatError) as caught:
        drafted(path)
    return str(caught.value)


def test_german_minutes_are_read_as_they_were_walked(tmp_path: Path) -> None:
    path = german(tmp_path)
    dialect = dialect_of(path, tmp_path)
    assert (dialect.time.date, dialect.time.clock) == (("datum",), ("uhrzeit",))
    assert (dialect.time.formats, dialect.time.date_order) == (("{date} %H:%M",), "day_first")
    assert (dialect.number.decimal, dialect.text.delimiters, dialect.evidence) == (",", (";",), "file")
    recording = read(path, tmp_path)
    assert (recording.time_basis, recording.kind, recording.problems) == ("local", "all_day", ())
    assert recording.device.device_id == "acme-stepper"
    assert epochs(recording) == [(at, at + MINUTE, n) for at, n in minutes(3)]


def test_a_running_count_is_read_as_its_rises(tmp_path: Path) -> None:
    path = counter(tmp_path)
    dialect = dialect_of(path, tmp_path)
    assert (dialect.value.kind, dialect.interval.rule, dialect.value.wraps_at) == ("cumulative", "since_previous", 0)
    recording = read(path, tmp_path)
    # the count of 00:00 is what was walked in the minute before it
    assert epochs(recording) == [(at - MINUTE, at, n) for at, n in minutes(3)[1:]]
    assert recording.device.device_id == "acme-stepper-4711_a"


def test_spans_of_several_devices_are_read_without_place_or_name(tmp_path: Path) -> None:
    path = spans(tmp_path)
    dialect = dialect_of(path, tmp_path)
    assert (dialect.drop, dialect.columns.device, dialect.columns.steps) == (
        ("latitude",),
        ("device",),
        ("step count",),
    )
    recording = read(path, tmp_path)
    assert recording.time_basis == "utc"
    truth = [(at.replace(tzinfo=dt.UTC), n) for at, n in minutes(1) if n]
    for _, part in recording.epochs.group_by("device_label"):
        assert part.select("epoch_start", "epoch_end", "steps").rows() == [(at, at + MINUTE, n) for at, n in truth]
    labels = recording.epochs["device_label"].unique().to_list()
    assert len(labels) == 2
    assert not [label for label in labels if "anna" in label.lower()]


def test_a_date_order_that_nothing_proves_is_asked_for_and_refused_until_stated(tmp_path: Path) -> None:
    path = hourly(tmp_path)
    toml = drafted(path).toml
    assert "# QUESTION: day or month first?" in toml
    assert "only if read month before day" in " ".join(toml.replace("\n#", "").split())
    with pytest.raises(CorruptFileError, match="whether day or month comes first"):
        read(path, tmp_path)
    recording = read(path, tmp_path, [('date_order = "proved"', 'date_order = "month_first"')])
    assert recording.epochs.is_empty()
    assert recording.totals.select("start", "end", "steps").rows() == [(at, at + HOUR, n) for at, n in hours()]


@pytest.mark.parametrize("make", [german, counter, spans, hourly], ids=lambda make: make.__name__)
def test_a_draft_claims_its_own_file_and_no_sample_of_a_built_in_dialect(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path)
    dialect = dialect_of(path, tmp_path)
    assert [layout.dialect for layout in claims(path, [dialect])] == [dialect]
    samples = [sample for sample in SAMPLES.rglob("*") if sample.is_file() and not sample.name.endswith(".truth.csv")]
    assert len(samples) > 40
    assert [sample for sample in samples if claims(sample, [dialect])] == []


@pytest.mark.parametrize("make", [german, counter, spans, hourly], ids=lambda make: make.__name__)
def test_every_line_that_the_file_cannot_answer_asks(make: Callable[[Path], Path], tmp_path: Path) -> None:
    made = drafted(make(tmp_path))
    assert made.toml.count("# QUESTION: ") == made.questions >= 4
    for about in ("which device is it", "does a 0 show", "both feet"):
        assert about in made.toml
    assert max(map(len, made.toml.splitlines())) < 200


def _of_a_day(write: Callable[[dt.datetime, int], str], days: int = 2) -> list[str]:
    return [write(at, n) for at, n in minutes(days)]


@pytest.mark.parametrize(
    ("header", "write", "formats"),
    [
        ("date,hhmm,steps", lambda at, n: f"{at:%Y-%m-%d},{at.hour * 100 + at.minute},{n}", ["%Y-%m-%d %H%M"]),
        ("Timestamp|Pas", lambda at, n: f"{at:%d/%m/%y %H:%M}|{n}", ["%d/%m/%y %H:%M"]),
        ("time;Pasos", lambda at, n: f"{at:%d-%b-%Y %I:%M %p};{n}", ["%d-%b-%Y %I:%M %p"]),
        ("Dato\tSkridt", lambda at, n: f"{at:%Y%m%d %H:%M}\t{n}", ["%Y%m%d %H:%M"]),
        ("Data,Ora,Passi", lambda at, n: f"{at:%d/%m/%Y 00:00:00},{at:%H:%M},{n}", ["{date} 00:00:00 %H:%M"]),
        ("epoch,stappen", lambda at, n: f"{at.replace(tzinfo=dt.UTC).timestamp():.0f},{n}", ["epoch_s"]),
        (
            "tid,steg",
            lambda at, n: f"{(at - dt.datetime.fromisoformat('1899-12-30')) / dt.timedelta(days=1):.10f},{n}",
            ["serial_days"],
        ),
        ("datum,kroki", lambda at, n: f"{at:%Y-%m-%dT%H:%M:%S.000Z},{n}", ["%Y-%m-%dT%H:%M:%S%.fZ"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_times_of_many_forms_and_steps_of_many_languages_are_found(
    header: str, write: Callable[[dt.datetime, int], str], formats: list[str], tmp_path: Path
) -> None:
    path = table(tmp_path / "minutes.csv", header, _of_a_day(write))
    assert list(dialect_of(path, tmp_path).time.formats) == formats
    recording = read(path, tmp_path)
    zone = dt.UTC if recording.time_basis == "utc" else None
    assert epochs(recording) == [
        (at.replace(tzinfo=zone), (at + MINUTE).replace(tzinfo=zone), n) for at, n in minutes(2)
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_encodings_that_the_reader_knows_are_no_matter(encoding: str, tmp_path: Path) -> None:
    rows = _of_a_day(lambda at, n: f"P01;{at:%Y-%m-%d %H:%M};{n};Zähler", days=1)
    path = table(tmp_path / "minutes.csv", "Teilnehmer;Zeit;Schritte;Gerät", rows, encoding)
    recording = read(path, tmp_path)
    assert [n for _, _, n in epochs(recording)] == [n for _, n in minutes(1)]
    assert recording.epochs["participant_label"].unique().to_list() == ["P01"]


def test_words_for_nothing_and_thousands_are_found(tmp_path: Path) -> None:
    days = [
        f"{NIGHT + n * dt.timedelta(days=1):%d.%m.%Y};{'k.A.' if n == 3 else f'{8 + n}.{100 + n}'}" for n in range(9)
    ]
    path = table(tmp_path / "days.csv", "Tag;Schritte", days)
    dialect = dialect_of(path, tmp_path)
    assert (dialect.number.thousands, dialect.number.decimal, dialect.number.null) == (".", ",", ("k.A.",))
    assert dialect.resolution == "day"
    totals = read(path, tmp_path).totals["steps"].to_list()
    assert totals == [(8 + n) * 1000 + 100 + n for n in range(9) if n != 3]


def test_a_days_total_that_every_row_repeats_is_named_and_never_read(tmp_path: Path) -> None:
    total = {day: sum(n for at, n in minutes(2) if at.date() == day) for day in {at.date() for at, _ in minutes(2)}}
    rows = _of_a_day(lambda at, n: f"{at:%Y-%m-%d %H:%M},{n},{total[at.date()]}")
    path = table(tmp_path / "minutes.csv", "time,steps,steps today", rows)
    toml = " ".join(drafted(path).toml.replace("\n#", "").split())
    assert "`steps today` repeats one number in all rows of a day: the day's total, never to be added." in toml
    assert read(path, tmp_path).epochs["steps"].sum() == sum(total.values())
    alone = table(tmp_path / "alone.csv", "time,steps today", [",".join(row.split(",")[::2]) for row in rows])
    assert "repeats one number in all rows of a day" in refused(alone)


def test_a_counter_that_goes_on_after_its_largest_number_is_asked_about(tmp_path: Path) -> None:
    rows, count = [], 98_000
    for at, n in minutes(2):
        count = (count + n) % 100_000
        rows.append(f"{at:%Y-%m-%d %H:%M},{count}")
    path = table(tmp_path / "counter.csv", "time,steps", rows)
    assert "does the counter go on from 0 after 99,999?" in drafted(path).toml
    recording = read(path, tmp_path)
    assert recording.epochs["steps"].sum() == sum(n for _, n in minutes(2)[1:])


def test_of_several_columns_of_steps_none_is_guessed(tmp_path: Path) -> None:
    rows = _of_a_day(lambda at, n: f"{at:%Y-%m-%d %H:%M},{n},{n // 2}")
    path = table(tmp_path / "two.csv", "time,left steps,aerobic steps", rows)
    assert "which column counts the steps: `left steps`, `aerobic steps`?" in drafted(path).toml
    with pytest.raises(NoStepDataError, match="a column with steps"):
        read(path, tmp_path)
    recording = read(path, tmp_path, [('steps = ["fill in the column of steps"]', 'steps = ["left steps"]')])
    assert recording.epochs["steps"].sum() == sum(n for _, n in minutes(2))


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1000)])
def test_the_unit_of_a_duration_is_that_in_which_rows_follow_each_other(unit: str, factor: int, tmp_path: Path) -> None:
    rows, at, truth = [], NIGHT, []
    for n in range(200):
        length = dt.timedelta(seconds=20 + n % 30)
        rows.append(f"{at:%Y-%m-%d %H:%M:%S},{length.seconds * factor},{n % 50}")
        truth.append((at, at + length, n % 50))
        at += length
    path = table(tmp_path / "rows.csv", "start,duration,steps", rows)
    assert dialect_of(path, tmp_path).interval.unit == unit
    assert epochs(read(path, tmp_path)) == truth


def test_columns_shared_with_a_built_in_dialect_are_told_apart_by_the_files_name(tmp_path: Path) -> None:
    rows = _of_a_day(lambda at, n: f"{at:%Y-%m-%d},{at:%H:%M},{n}")
    path = table(tmp_path / "Acme export 17.csv", "date,time,steps", rows)
    dialect = dialect_of(path, tmp_path)
    assert dialect.match.file_name == r"acme\sexport\s\d+"
    assert not claims(next((SAMPLES / "zepp_minute").glob("*0.csv")), [dialect])
    assert len(epochs(read(path, tmp_path))) == 2880


def test_what_is_no_table_with_names_is_refused_in_words(tmp_path: Path) -> None:
    def made(content: bytes) -> Path:
        (tmp_path / "file.csv").write_bytes(content)
        return tmp_path / "file.csv"

    assert "3 columns without names" in refused(made(b"2026-03-02,10:00,5\n2026-03-02,10:01,6\n"))
    assert "text that is no table" in refused(made(b"Dear all\nplease find the steps below.\n"))
    assert "a PDF document" in refused(made(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"))
    assert "a JSON file" in refused(made(b'[{"time": 1, "steps": 2}]'))
    assert "an empty file" in refused(made(b""))
    assert "a column that says when" in refused(made(b"name,steps\na,5\nb,7\n"))
    assert "could be steps; found none" in refused(made(b"time,weight\n2026-03-02 10:00,70.5\n2026-03-02 10:01,70.6\n"))
    assert "numbers from 0 to 24" in refused(made(b"date,hour,steps\n2026-03-02,0,5\n2026-03-02,1,6\n"))
    assert "rows 7 days apart" in refused(made(b"week of,steps\n2026-03-02,50000\n2026-03-09,60000\n2026-03-16,7000\n"))


def test_names_of_columns_that_mean_something_in_toml_or_in_patterns_are_kept(tmp_path: Path) -> None:
    rows = _of_a_day(lambda at, n: f"{at:%Y-%m-%d %H:%M};{n};x", days=1)
    path = table(tmp_path / "odd.csv", "time [\"local\" 'clock'];steps|taken (both);/a\\b/", rows)
    assert len(epochs(read(path, tmp_path))) == 1440


def test_two_megabytes_are_drafted_in_a_moment(tmp_path: Path) -> None:
    rows = _of_a_day(lambda at, n: f"P01;{at:%d.%m.%Y};{at:%H:%M};{n};Tracker 1;{n * 0.7:.1f}", days=30)
    path = table(tmp_path / "large.csv", "Participant ID;Datum;Uhrzeit;Schritte;Gerät;Distanz (m)", rows)
    begin = time.process_time()
    drafted(path)
    assert time.process_time() - begin < 2
