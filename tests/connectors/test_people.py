"""Tables of many people lose the rows of some, and keep every other byte."""

from pathlib import Path

import pytest

from connectors.people import people_table

NATIVE = "participant_id,minute_start,steps\nA,2024-03-04T10:00:00Z,5\nB,2024-03-04T10:00:00Z,7\n A ,2024-03-04T10:01:00Z,9\n"


def without(path: Path, content: bytes, *people: str) -> tuple[bytes, int, frozenset[str]]:
    path.write_bytes(content)
    table = people_table(path)
    assert table is not None
    target = path.with_name("kept")
    left_out, kept = table.without(people.__contains__, target)
    return target.read_bytes(), left_out, kept


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_go_and_all_other_bytes_stay(tmp_path: Path, encoding: str, end: str) -> None:
    text = NATIVE.replace("\n", end)
    kept, left_out, people = without(tmp_path / "a.csv", text.encode(encoding), "A")
    assert kept == "".join(
        line for line in text.splitlines(keepends=True) if "A," not in line and "A ," not in line
    ).encode(encoding)
    assert (left_out, people) == (2, {"B"})


def test_a_quoted_cell_may_hold_the_delimiter_and_the_end_of_a_line(tmp_path: Path) -> None:
    text = b'note;participant_id;kg\n"A; B\nA";B;1\n"x ""y""";"A";2\n;A;3\nlast;B;4'
    kept, left_out, _ = without(tmp_path / "a.csv", text, "A")
    assert kept == b'note;participant_id;kg\n"A; B\nA";B;1\nlast;B;4'
    assert left_out == 2


def test_an_inch_mark_opens_nothing(tmp_path: Path) -> None:
    text = b'participant_id,size\nA,5"\nB,6"\nA,7\nB,8\n'
    assert without(tmp_path / "a.csv", text, "A")[0] == b'participant_id,size\nB,6"\nB,8\n'


def test_an_empty_cell_is_somebody_only_if_asked_for(tmp_path: Path) -> None:
    text = b"participant_id,steps\nA,1\n,2\nB,3\n\n"
    assert without(tmp_path / "a.csv", text, "A")[0] == b"participant_id,steps\n,2\nB,3\n\n"
    assert without(tmp_path / "a.csv", text, "A", "")[0] == b"participant_id,steps\nB,3\n\n"


def test_bytes_that_are_no_utf_8_stay_as_they_are(tmp_path: Path) -> None:
    text = b"participant_id,place\nA,x\nB,K\xf6ln\n"
    assert without(tmp_path / "a.csv", text, "A")[0] == b"participant_id,place\nB,K\xf6ln\n"


@pytest.mark.parametrize(
    "content", [b"steps,minute\n1,2\n", b"\x0e\x10FIT", b'[{"participant_id": "A"}]', b"participant_id\nA\n"]
)
def test_a_file_without_a_participant_column_is_no_such_table(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert people_table(tmp_path / "a") is None
