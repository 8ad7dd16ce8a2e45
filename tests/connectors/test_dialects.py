"""What a dialect declaration may say, and how clearly a wrong one is refused."""

import pickle
from pathlib import Path

import pytest

import connectors
from connectors.dialect_file import DialectError, built_in, load
from connectors.pedometer_csv.head import normal_name
from tests.connectors.csv_samples import write

PLAIN = """
title = "A table of the study"
evidence = "file"
resolution = "minute"
[match]
header = ["when", "count|steps taken"]
[columns]
steps = ["count", "steps taken"]
[device]
manufacturer = "acme"
model = "one"
device_class = "pedometer"
[time]
stamp = ["when"]
zone = "local"
formats = ["{date} %H:%M"]
date_order = "proved"
[interval]
seconds = 60
"""


def _folder(tmp_path: Path, text: str = PLAIN, name: str = "acme.toml") -> Path:
    folder = tmp_path / "dialects"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def _refused(tmp_path: Path, old: str, new: str) -> str:
    assert old in PLAIN
    folder = _folder(tmp_path, PLAIN.replace(old, new))
    with pytest.raises(DialectError) as caught:
        load(folder / "acme.toml")
    return str(caught.value)


def test_every_built_in_dialect_says_where_its_evidence_is_from() -> None:
    for dialect in built_in().values():
        assert dialect.title
        assert dialect.source, dialect.name


def test_every_built_in_dialect_begins_with_its_mark_of_evidence() -> None:
    for path in (Path(connectors.__file__).parent / "dialects").glob("*.toml"):
        assert path.read_text("utf-8").startswith("# "), path.name


def test_header_names_in_dialects_are_in_normal_form() -> None:
    for dialect in built_in().values():
        for name in dialect.match.header:
            assert name == normal_name(name)


def test_a_study_adds_a_dialect_without_code(tmp_path: Path) -> None:
    path = write(tmp_path, "When;Steps  Taken\n13/03/2026 10:00;90\n13/03/2026 10:01;\n")
    recording = connectors.read(path, dialect_folder=_folder(tmp_path))
    assert (recording.dialect, recording.time_basis) == ("acme", "local")
    assert [str(s) for s in recording.epochs["epoch_start"]] == ["2026-03-13 10:00:00", "2026-03-13 10:01:00"]
    assert recording.epochs["steps"].to_list() == [90.0, None]


def test_a_proved_date_order_needs_a_number_over_12(tmp_path: Path) -> None:
    path = write(tmp_path, "when,count\n03/02/2026 10:00,90\n")
    with pytest.raises(connectors.CorruptFileError, match="no such date"):
        connectors.read(path, dialect_folder=_folder(tmp_path))


def test_a_proved_date_order_refuses_two_rows_that_contradict_each_other(tmp_path: Path) -> None:
    path = write(tmp_path, "when,count\n13/02/2026 10:00,90\n02/03/2026 10:00,90\n02/14/2026 10:00,90\n")
    with pytest.raises(connectors.CorruptFileError, match="13/02/2026 10:00 and 02/14/2026 10:00 at lines 2 and 4"):
        connectors.read(path, dialect_folder=_folder(tmp_path))


def test_words_for_nothing_are_missing_values(tmp_path: Path) -> None:
    folder = _folder(tmp_path, PLAIN + '[number]\nnull = ["NA", "--"]\n')
    path = write(tmp_path, "when,count\n13/03/2026 10:00,NA\n13/03/2026 10:01,--\n13/03/2026 10:02,4\n")
    assert connectors.read(path, dialect_folder=folder).epochs["steps"].to_list() == [None, None, 4.0]


def test_a_preamble_ends_where_its_pattern_matches(tmp_path: Path) -> None:
    extra = "[preamble]\nuntil = \"^when,\"\ncaptures = ['Serial: (?P<serial>\\w+)']\n"
    text = PLAIN.replace('model = "one"', 'model = "one"\nserial = "{serial}"') + extra
    path = write(tmp_path, "A report\nSerial: X77\n\nwhen,count\n13/03/2026 10:00,5\n")
    recording = connectors.read(path, dialect_folder=_folder(tmp_path, text))
    assert recording.device.serial == "X77"


def test_a_line_that_states_the_separator_is_obeyed(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=|\nwhen|count\n13/03/2026 10:00|5\n")
    assert connectors.read(path, dialect_folder=_folder(tmp_path)).epochs["steps"].to_list() == [5.0]


def test_a_file_name_pattern_narrows_the_match(tmp_path: Path) -> None:
    folder = _folder(tmp_path, PLAIN.replace("[match]", '[match]\nfile_name = "^steps_"'))
    text = "when,count\n13/03/2026 10:00,5\n"
    assert connectors.identify(write(tmp_path, text, "steps_1.csv"), dialect_folder=folder).dialect == "acme"
    with pytest.raises(connectors.UnknownFormatError):
        connectors.identify(write(tmp_path, text, "heart_1.csv"), dialect_folder=folder)


def test_times_in_utc_are_utc(tmp_path: Path) -> None:
    folder = _folder(tmp_path, PLAIN.replace('zone = "local"', 'zone = "utc"'))
    recording = connectors.read(write(tmp_path, "when,count\n13/03/2026 10:00,5\n"), dialect_folder=folder)
    assert recording.time_basis == "utc"
    assert recording.epochs["epoch_start"][0].isoformat() == "2026-03-13T10:00:00+00:00"


def test_a_dialect_that_claims_a_built_in_ones_file_is_ambiguous(tmp_path: Path) -> None:
    folder = _folder(tmp_path, PLAIN.replace('["when", "count|steps taken"]', '["activityhour", "steptotal"]'))
    path = write(tmp_path, "Id,ActivityHour,StepTotal\n1,4/13/2026 9:00:00 AM,5\n")
    with pytest.raises(connectors.AmbiguousFormatError, match=r"dialect acme.*fitabase_hourly|fitabase_hourly.*acme"):
        connectors.identify(path, dialect_folder=folder)


def test_a_study_dialect_of_the_same_name_replaces_the_built_in_one(tmp_path: Path) -> None:
    text = (Path(connectors.__file__).parent / "dialects/fitabase_hourly.toml").read_text("utf-8")
    folder = _folder(tmp_path, text.replace('model = "fitabase"', 'model = "charge"'), "fitabase_hourly.toml")
    path = write(tmp_path, "Id,ActivityHour,StepTotal\n1,4/13/2026 9:00:00 AM,5\n")
    assert connectors.read(path, dialect_folder=folder).device.model == "charge"


def test_an_unknown_key_is_refused_with_the_allowed_ones(tmp_path: Path) -> None:
    message = _refused(tmp_path, 'zone = "local"', 'zone = "local"\ntimezone = "UTC"')
    assert "acme.toml, time.timezone" in message
    assert "allowed here: formats, zone, stamp" in message


def test_a_value_that_no_reader_implements_is_refused(tmp_path: Path) -> None:
    message = _refused(tmp_path, "[interval]", '[value]\nkind = "running"\n[interval]')
    assert "value.kind: 'running' is not known; allowed: delta, cumulative, event" in message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "A table of the study"', "", "title: missing"),
        ("[interval]\nseconds = 60", "", "interval.seconds: must be above 0"),
        ('title = "A table of the study"', "title = 4", "title: expected text in quotes"),
        ("seconds = 60", "seconds = true", "interval.seconds: expected a whole number"),
        ("seconds = 60", "seconds = 300", "interval.seconds: too long for the resolution minute"),
        ("seconds = 60", "", "interval.seconds: must be above 0"),
        ('steps = ["count", "steps taken"]', 'steps = "count"', "columns.steps: expected a list"),
        ('steps = ["count", "steps taken"]', "", "columns.steps: no column for steps"),
        ('header = ["when", "count|steps taken"]', 'file_name = "a"', "match: needs header or first_line"),
        ('date_order = "proved"', "", "time.date_order: must say"),
        ('date_order = "proved"', 'date_order = "captured"', "time.date_order: no capture date_format"),
        ('stamp = ["when"]', 'date = ["when"]', "time: needs stamp"),
        ('model = "one"', 'model = "{model}"', "device.model: no capture named model"),
        ('model = "one"', 'model = "{"', "device.model: not a template"),
        ("[match]", '[match]\nfirst_line = "("', "match.first_line: not a regular expression"),
        ("[match]", '[wide]\npattern = "steps"\n[match]', "wide.pattern: needs exactly one group"),
        ('resolution = "minute"', 'resolution = "minute"\ndrop = ["when"]', "drop: names a column that is also read"),
        ('resolution = "minute"', 'resolution = "minute"\nname = "b"', "name: a dialect is named by its file"),
        ('resolution = "minute"', "resolution = minute", "file: not TOML"),
    ],
)
def test_a_wrong_declaration_names_its_key(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert says in _refused(tmp_path, old, new)


def test_a_dialect_error_survives_the_way_between_processes(tmp_path: Path) -> None:
    error = DialectError(tmp_path / "a.toml", "time", "needs stamp")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes
