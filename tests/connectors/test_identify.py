"""Who reads a file is decided by its bytes; what nobody reads is described in words that name no cell."""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import connectors
from tests.connectors.csv_samples import SAMPLES, native, write


@pytest.mark.parametrize("name", SAMPLES)
def test_exactly_one_dialect_claims_each_sample_whatever_its_name(name: str, tmp_path: Path) -> None:
    for file_name in ("export.csv", "export.fit", "export"):
        claim = connectors.identify(write(tmp_path, SAMPLES[name](), file_name))
        assert claim == connectors.Claim("csv", name)


def test_a_zip_or_gzip_is_a_container_and_is_not_read(tmp_path: Path) -> None:
    packed = write(tmp_path, gzip.compress(native().encode()), "a.csv")
    zipped = tmp_path / "b.dat"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.csv", native())
    for path in (packed, zipped):
        assert connectors.identify(path) == connectors.Claim("container")
        with pytest.raises(connectors.UnknownFormatError, match=r"found an archive\. Unpack it"):
            connectors.read(path)


def test_an_excel_workbook_is_to_be_exported_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(connectors.UnknownFormatError, match=r"an Excel workbook, though .* ends in \.csv.*as CSV"):
        connectors.identify(path)


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "an empty file"),
        (b"\0" * 9000, "nothing but zero bytes"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"SQLite format 3\0" + b"\1" * 100, "an SQLite database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel workbook"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page"),
        (b'<?xml version="1.0"?>\n<notes/>', "an XML file"),
        (b'[{"dateTime": "02/25/23 13:17:00", "value": "0"}]', "a JSON file"),
        (b"\x0e\x10\x01\x02\x00\x00\x00\x99", "binary data"),
        (b"Dear all,\nhere are the steps.\n", "text that is no table|a CSV of 2 columns without column names"),
        (b"\n\n\n", "blank lines only"),
    ],
)
def test_an_unknown_file_is_described(content: bytes, looks: str, tmp_path: Path) -> None:
    with pytest.raises(connectors.UnknownFormatError, match=f"expected a device export; found ({looks})"):
        connectors.identify(write(tmp_path, content, "thing"))


def test_a_wrong_ending_is_said_when_nobody_reads_the_file(tmp_path: Path) -> None:
    with pytest.raises(connectors.UnknownFormatError, match=r"found a web page, though its name ends in \.fit"):
        connectors.identify(write(tmp_path, "<html></html>", "ride.fit"))


def test_an_unknown_table_is_described_by_its_column_names_alone(tmp_path: Path) -> None:
    names = ["Patient", "Steps per day", *(f"extra {'x' * 40} {n}" for n in range(13))]
    row = ["Anna Smith", "4711", *(["1"] * 13)]
    with pytest.raises(connectors.UnknownFormatError, match=r"columns patient, steps per day, \(another\)") as caught:
        connectors.identify(write(tmp_path, ",".join(names) + "\n" + ",".join(row) + "\n"))
    assert "and 3 more" in str(caught.value)
    assert "xx" not in str(caught.value)
    assert "anna" not in str(caught.value).lower()


def test_the_lines_above_an_unknown_table_show_no_name_and_no_place(tmp_path: Path) -> None:
    for first in ("Name;Anna Smith", "Lat -33.86 Lon 151.2;b", "Patient Anna Smith;steps"):
        with pytest.raises(connectors.UnknownFormatError) as caught:
            connectors.identify(write(tmp_path, f"{first}\nDate of birth;01.01.1950\nDatum;Schritte\n"))
        assert "anna" not in str(caught.value).lower()
        assert "33.86" not in str(caught.value)


@pytest.mark.parametrize("first", ["Anna Smith,1950-03-12,4711", "anna@example.org,x,y", "Anna Smith,4711,"])
def test_a_table_without_column_names_shows_nothing_of_its_first_row(first: str, tmp_path: Path) -> None:
    with pytest.raises(connectors.UnknownFormatError, match="3 columns without column names") as caught:
        connectors.identify(write(tmp_path, f"{first}\n{first}\n"))
    assert "anna" not in str(caught.value).lower()


def test_a_table_that_is_nearly_known_is_told_what_it_lacks(tmp_path: Path) -> None:
    text = native().replace("participant_id,", "person,")
    with pytest.raises(
        connectors.UnknownFormatError, match="nearest dialect is native, which also needs participant_id"
    ):
        connectors.identify(write(tmp_path, text))


def test_a_first_line_longer_than_any_header_is_not_a_table(tmp_path: Path) -> None:
    with pytest.raises(connectors.UnknownFormatError):
        connectors.identify(write(tmp_path, "a," * 100_000))


def test_a_table_longer_than_the_head_is_known_in_every_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        path = write(tmp_path, native(20_000).encode(encoding))
        assert connectors.identify(path).dialect == "native"
        assert connectors.read(path).epochs.height == 20_000


def test_importing_the_connectors_loads_no_heavy_library() -> None:
    heavy = "{'polars', 'fitparse', 'gpxpy', 'lxml', 'numpy'}"
    code = f"import connectors, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
