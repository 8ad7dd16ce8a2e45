"""Apple Health exports: every step record once, whoever wrote it and wherever a chunk ends; names never leave the file."""

import dataclasses
import datetime as dt
import io
import json
import random
from pathlib import Path

import polars as pl
import pytest

from connectors import apple_health
from connectors.apple_health import scan
from connectors.apple_health.columns import columns_of
from connectors.devices import source_device
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.overlaps import without_overlaps
from connectors.recording import Recording
from tests.connectors.apple_samples import (
    APP,
    DTD,
    END,
    MALFORMED_DTD,
    PHONE,
    START,
    STEPS,
    TYPED_IN,
    WATCH,
    Row,
    by_lxml,
    export,
    metadata,
    pieces,
    record,
    stamp,
    write,
)
from tests.real_exports import REAL, needs_real_exports

_PHONE_ID = source_device(PHONE, "apple", "phone", "phone").device_id
_WATCH_ID = source_device(WATCH, "apple", "watch", "watch").device_id
_APP_ID = source_device(APP, "apple", "app", "phone").device_id
_REAL_FILE = REAL / "csv" / "apple" / "export6s3sample.xml"


def read(tmp_path: Path, *records: str) -> Recording:
    path = write(tmp_path, export(*records))
    assert apple_health.identify(path)
    return apple_health.read(path)


def counts(recording: Recording) -> dict[str, int]:
    return {problem.code: problem.count for problem in recording.problems}


def rows(recording: Recording) -> list[tuple[str, float, float, float]]:
    """Device, start and end in seconds after START, steps."""
    second = [(pl.col(name) - START).dt.total_microseconds() / 1e6 for name in ("epoch_start", "epoch_end")]
    return recording.epochs.select("device_label", *second, "steps").rows()


def id_of(name: str, hardware: str | None) -> str:
    """The device of a record, told by a second rule for what the samples hold."""
    said = f"{hardware} {name}".lower()
    kind = "watch" if "watch" in said else "phone" if "iphone" in said or name == "Health" else "app"
    return source_device(name, "apple", kind, "watch" if kind == "watch" else "phone").device_id


def expected(measured: list[Row]) -> list[tuple[str, float, float, float]]:
    """What a file without overlaps must give."""
    zero = START.timestamp()
    return sorted({(id_of(name, device), start - zero, end - zero, n) for name, device, start, end, n in measured})


# --- one record


def test_a_record_is_an_epoch_in_utc(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 60, 87))
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]
    assert (recording.connector, recording.dialect, recording.kind) == ("apple_health", None, "all_day")
    assert recording.time_basis == "utc"
    assert recording.utc_offset_minutes is None
    assert recording.exported_at == dt.datetime(2024, 6, 1, 7, 30, tzinfo=dt.UTC)
    assert recording.rows_read == 1
    assert recording.problems == ()
    assert recording.coverage.is_empty()


@pytest.mark.parametrize(
    ("written", "hour"), [("+0100", 11), ("-0730", 19.5), ("+0000", 12), ("+1400", -2), ("-0030", 12.5)]
)
def test_the_offset_of_a_stamp_leads_to_the_instant(tmp_path: Path, written: str, hour: float) -> None:
    recording = read(tmp_path, record(0, 1, 9, startDate=f"2024-01-02 12:00:00 {written}", endDate=stamp(0)))
    assert recording.totals["start"][0] == dt.datetime(2024, 1, 2, tzinfo=dt.UTC) + dt.timedelta(hours=hour)


@pytest.mark.parametrize(
    "tag",
    [
        "<Record value='87' endDate='{end}' startDate='{start}' sourceName='{phone}' type='{type}'/>",
        '<Record\n\tendDate = "{end}"\r\n startDate= "{start}" value ="87" sourceName="{phone}" type="{type}"></Record >',
        '<Record type="{type}" sourceName="Anna&#8217;s iPhone" startDate="{start}" endDate="{end}" value="&#56;7"/>',
        '<Record type="{type}" sourceName="Anna&#x2019;s&#32;iPhone" startDate="{start}" endDate="{end}" value=" 87 "/>',
        '<Record type="{type}" sourceName="Anna’s\niPhone" startDate="{start}" endDate="{end}" value="87.0" />',
        '<Record type="{type}" sourceName="{phone}" note="> &gt;/>" startDate="{start}" endDate="{end}" value="87"/>',
        '<Record type="{type}" sourceName="{phone}" startDate=\'{start}\' note=\'"\' endDate="{end}" value=\'87\'/>',
        '<Record type="{type}" sourceName="{phone}" note=" startDate=" startDate="{start}" endDate="{end}" value="87"/>',
        "<Record note='value=\"5\"' type=\"{type}\" sourceName=\"{phone}\" startDate='{start}' endDate='{end}' value='87'/>",
        '<Record type="{type}" sourceName="{phone}" startDate="{start}" endDate="{end}" value="87">some text</Record>',
        '<Record type="{type}" sourceName="{phone}" startDate="{start}" endDate="{end}" value="87"> "text" <!-- > --></Record>',
    ],
)
def test_a_record_may_be_written_in_any_way_that_xml_allows(tmp_path: Path, tag: str) -> None:
    odd = tag.format(type=STEPS, phone=PHONE, start=stamp(0), end=stamp(60))
    recording = read(tmp_path, odd, record(60, 120, 10))
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87), (_PHONE_ID, 60, 120, 10)]
    measured, _ = by_lxml(tmp_path / "export.xml")
    assert rows(recording) == expected(measured)
    assert recording.problems == ()


@pytest.mark.parametrize(
    "other",
    [
        f'<WorkoutStatistics type="{STEPS}" startDate="{stamp(0)}" endDate="{stamp(9)}" value="5"/>',
        f'<RecordSet type="{STEPS}" startDate="{stamp(0)}" endDate="{stamp(9)}" value="5"/>',
        record(0, 9, 5, kind="HKQuantityTypeIdentifierFlightsClimbed", inside=metadata("like", STEPS)),
        record(0, 9, 5, kind="HKQuantityTypeIdentifierFlightsClimbed", device=STEPS),
        record(0, 9, 5, kind=STEPS + "Goal"),
        record(0, 9, 5, kind="My" + STEPS),
        record(0, 9, 5).replace(" type=", " kind="),
        f"<!-- {record(0, 9, 5)} --> <!---> <!-- {record(0, 9, 5)} -->",
        f"<![CDATA[ {record(0, 9, 5)} ]]>",
        f"<?x {record(0, 9, 5)} ?>",
        f"text {STEPS} text",
    ],
)
def test_what_only_names_the_type_is_no_step_record(tmp_path: Path, other: str) -> None:
    recording = read(tmp_path, other, record(60, 120, 10), other)
    assert rows(recording) == [(_PHONE_ID, 60, 120, 10)]
    assert recording.rows_read == 1
    assert recording.problems == ()


# --- sources


@pytest.mark.parametrize(
    ("name", "device", "model", "device_class"),
    [
        (WATCH, None, "watch", "watch"),
        ("Bernd", "<<HKDevice: 0x1>, name:Apple Watch, model:Watch>", "watch", "watch"),
        ("MY WATCH", None, "watch", "watch"),
        (PHONE, None, "phone", "phone"),
        ("Bernd", "<<HKDevice: 0x1>, name:iPhone, manufacturer:Apple Inc.>", "phone", "phone"),
        ("Health", None, "phone", "phone"),
        ("iPod touch", None, "phone", "phone"),
        ("Pacer", None, "app", "phone"),
        ("Pacer", "<<HKDevice: 0x1>, name:Band 5, manufacturer:Xiaomi>", "app", "phone"),
    ],
)
def test_a_source_is_a_device_of_its_own(
    tmp_path: Path, name: str, device: str | None, model: str, device_class: str
) -> None:
    recording = read(tmp_path, record(0, 60, 87, name, device=device))
    assert recording.device == source_device(name, "apple", model, device_class)  # type: ignore[arg-type]
    assert recording.epochs["device_label"].to_list() == [recording.device.device_id]
    assert dict(recording.devices) == {recording.device.device_id: recording.device}


def test_phone_watch_and_app_stay_apart(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 60, 87), record(0, 60, 90, WATCH), record(10, 60, 50, APP), record(60, 70, 5))
    assert rows(recording) == [
        (_APP_ID, 10, 60, 50),
        (_PHONE_ID, 0, 60, 87),
        (_PHONE_ID, 60, 70, 5),
        (_WATCH_ID, 0, 60, 90),
    ]
    assert {label: device.device_class for label, device in recording.devices.items()} == {
        _PHONE_ID: "phone",
        _WATCH_ID: "watch",
        _APP_ID: "phone",
    }
    assert recording.device.device_id == _PHONE_ID
    assert recording.problems == ()


def test_a_source_of_which_nothing_is_left_is_no_device(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 60, 5, APP, inside=TYPED_IN), record(0, 60, "many", WATCH), record(0, 60, 87))
    assert list(recording.devices) == [_PHONE_ID]
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]


def test_one_name_on_a_phone_and_a_watch_is_two_devices(tmp_path: Path) -> None:
    recording = read(
        tmp_path, record(0, 60, 87, "Bernd", device="model:iPhone"), record(0, 60, 90, "Bernd", device="model:Watch")
    )
    assert sorted(device.model for device in recording.devices.values()) == ["phone", "watch"]
    assert recording.epochs.height == 2


def test_no_name_and_no_birth_date_is_in_a_recording_or_an_error(tmp_path: Path) -> None:
    recording = read(tmp_path, *pieces(1), record(0, 60, "many"))
    told = repr([getattr(recording, field.name) for field in dataclasses.fields(recording)])
    told += "".join(frame.write_csv() for frame in (recording.epochs, recording.totals))
    with pytest.raises(CorruptFileError) as error:
        read(tmp_path, record(0, 60, "Anna"))
    for private in ("Anna", "iPhone", "Steps &", "HKDevice", "1951", "Female"):
        assert private not in told + str(error.value)


# --- what is left out


def test_what_was_typed_in_by_hand_is_left_out(tmp_path: Path) -> None:
    synced = metadata("HKMetadataKeySyncVersion", "1")
    not_typed = metadata("HKWasUserEntered", "0")
    turned = "<MetadataEntry value='1' key='HKWasUserEntered'></MetadataEntry>"
    recording = read(
        tmp_path,
        record(0, 60, 87, inside=synced),
        record(60, 120, 88, inside=synced + TYPED_IN),
        record(120, 180, 89, inside=not_typed),
        record(180, 240, 90, inside=turned + synced),
        # another record's mark
        record(240, 240, 91, kind="HKQuantityTypeIdentifierBodyMass", inside=TYPED_IN),
        record(300, 360, 92),
        f"<Correlation>{record(360, 420, 93)}{TYPED_IN}</Correlation>",
    )
    assert [steps for *_, steps in rows(recording)] == [87, 89, 92, 93]
    assert counts(recording) == {"typed_in": 2}
    assert recording.rows_read == 6


def test_exact_repeats_count_once(tmp_path: Path) -> None:
    once = record(0, 60, 87)
    again = record(0, 60, 87, creationDate=stamp(5000), sourceVersion="17.0")
    recording = read(tmp_path, once, record(60, 120, 10), again, once, record(0, 60, 87, WATCH))
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87), (_PHONE_ID, 60, 120, 10), (_WATCH_ID, 0, 60, 87)]
    assert counts(recording) == {"repeated_rows": 2}


def test_overlapping_rows_of_one_device_are_cut(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 60, 60), record(30, 90, 60), record(40, 50, 9), record(30, 90, 60, WATCH))
    assert rows(recording) == [(_PHONE_ID, 0, 60, 60), (_PHONE_ID, 60, 90, 30), (_WATCH_ID, 30, 90, 60)]
    assert counts(recording) == {"overlapping_rows": 2}


def test_of_two_values_for_one_stretch_the_first_in_the_file_holds(tmp_path: Path) -> None:
    assert rows(read(tmp_path, record(0, 60, 80), record(0, 60, 70))) == [(_PHONE_ID, 0, 60, 80)]
    assert rows(read(tmp_path, record(0, 60, 70), record(0, 60, 80))) == [(_PHONE_ID, 0, 60, 70)]


@pytest.mark.parametrize(
    "bad",
    [
        record(60, 50, 5),
        record(60, 120, -5),
        record(60, 120, "nan"),
        record(60, 120, "inf"),
        record(60, 120, "1e300"),
        record(60, 120, "5,5"),
        record(60, 120, ""),
        record(60, 120, 5, value=None),
        record(60, 120, 5, endDate=None),
        record(60, 120, 5, sourceName=None),
        record(60, 120, 5, startDate="2024-5-4 8:00:00 +0200"),
        record(60, 120, 5, startDate="2024-02-30 08:00:00 +0200"),
        record(60, 120, 5, startDate="2024-05-04 10:00:00"),
        record(60, 120, 5, startDate="2024-05-04 10:00:00 +9900"),
        record(60, 120, 5, startDate="0000-01-01 00:00:00 +0000"),
        record(60, 120, 5, startDate="1970-01-01 00:00:00 +0000"),
        record(60, 120, 5).replace("iPhone", "&unknown;", 1),
        record(60, 120, 5).replace("iPhone", "&#0;", 1),
        record(60, 120, 5).replace("iPhone", "a & b", 1),
        record(60, 120, 5).replace("iPhone", "<b>", 1),
        record(60, 120, 5).replace('value="5"', "value=5"),
        record(60, 120, 5).replace('value="5"', 'value="5'),
        record(60, 120, 5).replace("sourceName=", "sourceName"),
    ],
)
def test_a_record_that_cannot_be_read_is_left_out(tmp_path: Path, bad: str) -> None:
    recording = read(tmp_path, record(0, 60, 10), bad, record(120, 180, 20))
    assert [steps for *_, steps in rows(recording)] == [10, 20]
    assert [(p.code, p.count, p.where) for p in recording.problems] == [("bad_row", 1, "step record 2")]
    assert recording.rows_read == 3
    with pytest.raises(CorruptFileError, match="1 step records, none of which can be read at step record 1"):
        read(tmp_path, bad)


def test_a_record_that_is_not_closed_does_not_take_others_with_it(tmp_path: Path) -> None:
    unclosed = record(60, 120, 5).replace("/>", ">")
    recording = read(
        tmp_path, record(0, 60, 10), unclosed, record(120, 180, 20, inside=TYPED_IN), record(180, 240, 30), unclosed
    )
    assert [steps for *_, steps in rows(recording)] == [10, 5, 30]


def test_a_name_in_another_encoding_keeps_its_steps(tmp_path: Path) -> None:
    content = export(record(0, 60, 87, "Jürgen"), record(0, 60, 88, "Järgen"))
    path = write(tmp_path, content.replace("ü".encode(), b"\xfc").replace("ä".encode(), b"\xe4"))
    recording = apple_health.read(path)
    assert sorted(recording.epochs["steps"]) == [87, 88]
    assert recording.epochs["device_label"].n_unique() == 2


# --- long rows


def test_a_row_of_more_than_eleven_minutes_is_a_total(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 660, 900), record(0, 661, 901.5), record(0, 86_400, 9000), record(700, 700, 4))
    assert rows(recording) == [(_PHONE_ID, 0, 660, 900), (_PHONE_ID, 700, 700, 4)]
    assert recording.totals.select("device_label", "steps").rows() == [(_PHONE_ID, 902), (_PHONE_ID, 9000)]
    assert recording.kind == "all_day"
    # a day's total covers its minutes and takes nothing from them
    assert recording.problems == ()


def test_an_export_of_long_rows_holds_totals(tmp_path: Path) -> None:
    recording = read(tmp_path, record(0, 86_400, 9000, APP))
    assert recording.kind == "totals"
    assert recording.epochs.is_empty()


# --- the document


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize(
    "dtd",
    [
        "",
        DTD,
        MALFORMED_DTD,
        DTD.replace("\n", "\r\n"),
        f'<!DOCTYPE HealthData [<!ENTITY x "]><HealthData>{record(0, 9, 1)}">\n<?x ]> ?>] >',
        '<!-- <HealthData> --><?x <HealthData> ?><!DOCTYPE HealthData SYSTEM "a>b">',
    ],
)
def test_an_export_is_known_whatever_its_dtd_says(tmp_path: Path, dtd: str, count: int) -> None:
    content = export(record(0, 60, 87), dtd=dtd)
    path = write(tmp_path, b"\xef\xbb\xbf" * count + content, "anything.bin")
    assert apple_health.identify(path)
    recording = apple_health.read(path)
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]
    assert recording.exported_at is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<",
        b"HealthData",
        b"<HealthData",
        b"<HealthDataSet/>",
        b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><HealthData/></ClinicalDocument>',
        b"<gpx><HealthData/></gpx>",
        b"<!-- <HealthData locale='de'>",
        b"<!DOCTYPE HealthData [ <HealthData locale='de'>",
        b"<!DOCTYPE HealthData [ <!ENTITY x '> ]> <HealthData locale='de'>",
        b"<?xml version='1.0' encoding='UTF-16'?><HealthData/>",
        "<HealthData></HealthData>".encode("utf-16"),
        b"type,sourceName,<HealthData>\n",
        b"<!DOCTYPE HealthData [" + b"<!--" * 20_000,
        b"<!DOCTYPE HealthData [" + b"<!ENTITY " * 20_000,
        b"<!DOCTYPE " + b"'" * 20_001,
    ],
)
def test_other_documents_are_not_claimed(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    assert not apple_health.identify(path)
    with pytest.raises(CorruptFileError):
        apple_health.read(path)


def test_an_export_without_step_records_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoStepDataError, match="found none") as none:
        read(tmp_path, record(0, 9, 70, kind="HKQuantityTypeIdentifierHeartRate"))
    assert "on the phone that counted" in none.value.todo
    with pytest.raises(NoStepDataError, match="found 1 that were typed in by hand"):
        read(tmp_path, record(0, 9, 70, inside=TYPED_IN))
    cut = write(tmp_path, export(end="<Record "))
    with pytest.raises(NoStepDataError, match="found none, and the file is cut off"):
        apple_health.read(cut)


@pytest.mark.parametrize(
    "date", ["", '<ExportDate value="yesterday"/>', "<ExportDate/>", '<ExportDate xvalue="2024-06-01 09:30:00 +0200"/>']
)
def test_an_export_without_a_readable_date_is_read(tmp_path: Path, date: str) -> None:
    path = write(tmp_path, f"<HealthData>{date}{record(0, 60, 87)}{END}".encode())
    recording = apple_health.read(path)
    assert recording.exported_at is None
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]
    assert recording.problems == ()


# --- the end of a chunk and of the file


def scanned(content: bytes, chunk_bytes: int) -> tuple[list[bytes], list[bool], int | None]:
    found = scan.Scan(Path("export.xml"), io.BytesIO(content), chunk_bytes)
    tags, typed = [], []
    for more_tags, more_typed in found.batches():
        tags += more_tags
        typed += more_typed
    return tags, typed, found.truncated_at


@pytest.mark.parametrize("seed", range(2))
def test_records_are_the_same_wherever_a_chunk_ends(tmp_path: Path, seed: int) -> None:
    content = export(*pieces(seed, 6))
    measured, typed_in = by_lxml(write(tmp_path, content))
    tags, typed, truncated_at = scanned(content, len(content))
    read_back = columns_of(tags).filter(pl.col("type") == STEPS)
    assert read_back.height == len(measured) + len(typed_in)
    assert typed.count(True) == len(typed_in)
    assert truncated_at is None
    # the first chunk ends at each byte after the root's start once, the others at many
    for chunk_bytes in range(1, len(content) - len(DTD)):
        assert scanned(content, chunk_bytes) == (tags, typed, None), chunk_bytes


@pytest.mark.parametrize("seed", range(12))
def test_an_export_holds_what_lxml_finds_in_it(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path, export(*pieces(seed, 40)))
    measured, typed_in = by_lxml(path)
    recordings = [apple_health.read(path, chunk_bytes=size) for size in (scan.CHUNK_BYTES, 700 + seed)]
    for recording in recordings:
        assert rows(recording) == expected(measured)
        assert recording.rows_read == len(measured) + len(typed_in)
        repeated = len(measured) - len(set(measured))
        assert counts(recording) == {
            code: n for code, n in (("typed_in", len(typed_in)), ("repeated_rows", repeated)) if n
        }
    assert recordings[0].epochs.equals(recordings[1].epochs)


def test_a_file_cut_off_anywhere_gives_the_records_before(tmp_path: Path) -> None:
    made = [piece for piece in pieces(5, 5) if "<?" not in piece]
    content = export(*made)
    start = content.index(b"<HealthData ")
    before = len(export(end="")) - 1
    ends: list[int] = []
    for piece in made:
        before += len(piece.encode()) + (1 if ends or piece is not made[0] else 0)
        if piece.lstrip().startswith(f'<Record type="{STEPS}"'):
            assert content[:before].endswith((b"/>", b"</Record>"))
            ends.append(before)
    whole, _, _ = scanned(content, len(content))
    for size in range(start + len("<HealthData "), len(content) - 1):
        tags, _, truncated_at = scanned(content[:size], 4096)
        sound = [tag for tag in tags if b'"HKQuantityTypeIdentifierDistanceWalkingRunning"' not in tag]
        complete = sum(end <= size for end in ends)
        assert len(sound) == complete, size
        assert whole[: len(tags)] == tags
        assert truncated_at == size
    cut = write(tmp_path, content[: ends[0]])
    assert [(p.code, p.where) for p in apple_health.read(cut).problems if p.code == "truncated"] == [
        ("truncated", f"byte {ends[0]}")
    ]


def test_an_export_that_ends_in_blank_bytes_or_a_comment_is_whole(tmp_path: Path) -> None:
    for end in ("</HealthData>", "</HealthData\n>\n\n", END + "<!-- made by hand -->", END + "\0\0"):
        assert apple_health.read(write(tmp_path, export(record(0, 60, 87), end=end))).problems == ()


def test_a_record_without_an_end_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_RECORD_BYTES", 10_000)
    endless = record(0, 60, 87)[:-2] + "x" * 200_000
    with pytest.raises(CorruptFileError, match="records of some hundred bytes"):
        apple_health.read(write(tmp_path, export(endless)), chunk_bytes=1000)
    # what is no element may be as long as it likes
    comment = f"<!-- {'-' * 50_000} --><![CDATA[{'<' * 50_000}]]>"
    recording = apple_health.read(write(tmp_path, export(comment, record(0, 60, 87))), chunk_bytes=1000)
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]


@pytest.mark.parametrize(
    "word", ["<!--", "<![CDATA[", "<?", STEPS, f"<Record {STEPS}", "<Record ", "</Record", "&", '"', "'", "!"]
)
def test_a_hostile_file_takes_no_time(tmp_path: Path, word: str) -> None:
    path = write(tmp_path, export(record(0, 60, 87), word * 20_000))
    recording = apple_health.read(path)
    assert rows(recording) == [(_PHONE_ID, 0, 60, 87)]


def test_an_export_of_odd_layouts_only_is_read(tmp_path: Path) -> None:
    generator = random.Random(7)  # noqa: S311 - reproducible, not secret
    made = []
    for place in range(300):
        words = record(10 * place, 10 * place + 10, place).split('" ')
        tag, attributes = words[0].split()[0], [words[0].split(None, 1)[1], *words[1:]]
        attributes = [a.removesuffix("/>").removesuffix('"') + '"' for a in attributes]
        generator.shuffle(attributes)
        made.append(f"{tag} {(' ' * generator.randrange(1, 4)).join(attributes)}/>")
    path = write(tmp_path, export(*made))
    recording = apple_health.read(path)
    assert rows(recording) == [(_PHONE_ID, 10 * n, 10 * n + 10, n) for n in range(300)]


# --- overlaps


def _frame(spans: list[tuple[str | None, int, int, float | None]]) -> pl.DataFrame:
    columns = {"device_label": pl.String, "start": pl.Int64, "end": pl.Int64, "steps": pl.Float64}
    return pl.DataFrame(spans, schema=columns, orient="row").select(
        pl.lit(None, dtype=pl.String).alias("participant_label"),
        "device_label",
        *((pl.lit(START) + pl.duration(seconds=name)).alias(name) for name in ("start", "end")),
        "steps",
    )


def _class(start: int, end: int) -> int:
    return sum(end - start > bound for bound in (120, 330))


@pytest.mark.parametrize("seed", range(60))
def test_of_each_second_of_a_device_the_finest_row_tells_and_of_equally_fine_ones_the_earliest(seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
    spans: list[tuple[str | None, int, int, float | None]] = []
    for _ in range(generator.randrange(1, 25)):
        start = generator.randrange(900)
        length, steps = generator.choice([5, 40, 100, 200, 600]), generator.choice([None, 40.0, 80.0])
        spans.append((generator.choice([None, "a", "b"]), start, start + length, steps))
    told: dict[tuple[str, int], float] = {}
    cut = 0
    for label, start, end, steps in sorted(spans, key=lambda s: (_class(s[1], s[2]), s[0] or "", s[1], s[2])):
        free = [second for second in range(start, end) if (label or "", second) not in told]
        cut += len(free) < end - start
        told |= {(label or "", second): (steps or 0) / (end - start) for second in free}
    frame, count = without_overlaps(_frame(spans))
    assert count == cut
    assert frame["steps"].sum() == pytest.approx(sum(told.values()))
    spanned = (frame["end"] - frame["start"]).dt.total_seconds()
    assert spanned.sum() == len(told)
    assert (spanned > 0).all()
    for label, start, end, steps in frame.select("device_label", "start", "end", "steps").iter_rows():
        seconds = range(int((start - START).total_seconds()), int((end - START).total_seconds()))
        assert sum(told[label or "", second] for second in seconds) == pytest.approx(steps or 0)
    again, none = without_overlaps(frame)
    assert none == 0
    assert again.equals(frame)


def test_rows_of_no_length_and_further_columns_stay() -> None:
    frame = _frame(
        [(None, 0, 10, 5.0), (None, 10, 10, 1.0), (None, 10, 20, 6.0), (None, 15, 15, 2.0), (None, 15, 25, 8.0)]
    )
    rows, cut = without_overlaps(frame.with_row_index("line"))
    assert cut == 2
    assert rows.select("line", "steps").rows() == [(0, 5.0), (1, 1.0), (2, 6.0), (4, 4.0)]
    assert rows.columns == ["line", *frame.columns]
    assert without_overlaps(frame.clear())[0].is_empty()


# --- a real file


@needs_real_exports
def test_the_real_export_holds_what_the_oracle_counted() -> None:
    oracle = json.loads((REAL / "csv" / "oracle.json").read_text())["apple/export6s3sample.xml"]
    assert apple_health.identify(_REAL_FILE)
    recording = apple_health.read(_REAL_FILE)
    assert recording.rows_read == recording.epochs.height == oracle["data_rows"] == 10
    assert recording.epochs["steps"].sum() == oracle["step_sum"] == 2517
    starts = recording.epochs["epoch_start"].dt.convert_time_zone("Europe/London").dt.strftime("%Y-%m-%d %H:%M:%S")
    assert (starts[0], starts[-1]) == (oracle["first_timestamp"], oracle["last_timestamp"])
    assert recording.exported_at == dt.datetime(2016, 4, 15, 6, 27, 26, tzinfo=dt.UTC)
    assert recording.device.device_class == "phone"
    assert recording.problems == ()
    measured, typed_in = by_lxml(_REAL_FILE)
    assert rows(recording) == expected(measured)
    assert typed_in == []
