"""Archives are opened with limits, and nothing in them may write where it should not."""

import contextlib
import gzip
import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import connectors
from connectors.containers import Limits, is_container, unpack
from tests.connectors.csv_samples import native, write


def _zip(members: Mapping[str, bytes | str], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _names(tmp_path: Path, content: bytes, name: str = "export.zip") -> list[str]:
    return [member.name for member in unpack(write(tmp_path, content, name), tmp_path / "out")]


def _refused(tmp_path: Path, content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(connectors.CorruptFileError) as caught:
        unpack(write(tmp_path, content, "export.zip"), tmp_path / "out", limits or Limits())
    return str(caught.value)


def test_members_lie_on_disk_with_their_content_and_can_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, _zip({"Takeout/Fit/a.csv": native(), "b.csv": native(7)}), "export.zip")
    members = unpack(path, tmp_path / "out")
    assert [m.name for m in members] == ["Takeout/Fit/a.csv", "b.csv"]
    assert [connectors.read(m.path).epochs.height for m in members] == [200, 7]
    assert [m.path.name for m in members] == ["a.csv", "b.csv"]


def test_a_gzip_gives_one_member_named_after_itself(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"hello"), "X-Steps.csv.GZ")
    (member,) = unpack(path, tmp_path / "out")
    assert (member.name, member.path.name, member.path.read_bytes()) == ("X-Steps.csv", "X-Steps.csv", b"hello")


def test_an_archive_in_an_archive_is_opened(tmp_path: Path) -> None:
    inner = _zip({"x.fit": b"1"})
    content = _zip({"in/part1.zip": inner, "y.csv.gz": gzip.compress(b"2"), "z.csv": b"3"})
    assert _names(tmp_path, content) == ["in/part1.zip!/x.fit", "y.csv.gz!/y.csv", "z.csv"]


def test_a_third_archive_inside_stays_packed_with_its_reason(tmp_path: Path) -> None:
    content = _zip({"a.zip": _zip({"b.zip": _zip({"c.csv": b"1"}), "d.csv": b"2"})})
    deep, plain = unpack(write(tmp_path, content, "export.zip"), tmp_path / "out")
    assert (deep.name, plain.name, plain.error) == ("a.zip!/b.zip", "a.zip!/d.csv", None)
    assert "at most 2 deep" in str(deep.error)


def test_a_damaged_archive_inside_does_not_stop_the_others(tmp_path: Path) -> None:
    content = _zip({"bad.csv.gz": gzip.compress(native().encode())[:-20], "good.csv": native()})
    bad, good = unpack(write(tmp_path, content, "export.zip"), tmp_path / "out")
    assert isinstance(bad.error, connectors.CorruptFileError)
    assert is_container(bad.path)
    assert (good.name, good.error) == ("good.csv", None)


def test_litter_and_empty_folders_are_left_out(tmp_path: Path) -> None:
    litter = {"__MACOSX/._a.csv": b"x", "._a.csv": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "folder/": b""}
    assert _names(tmp_path, _zip({**litter, "a.csv": b"1"})) == ["a.csv"]


def test_an_archive_of_litter_holds_no_step_data(tmp_path: Path) -> None:
    with pytest.raises(connectors.NoStepDataError):
        unpack(write(tmp_path, _zip({".DS_Store": b"x"}), "export.zip"), tmp_path / "out")


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:\\evil.csv"])
def test_a_name_that_points_outside_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    assert "points outside" in _refused(tmp_path, _zip({name: b"x"}))
    assert not list(tmp_path.rglob("evil*"))


def test_a_link_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "a link instead of a file" in _refused(tmp_path, buffer.getvalue())


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(_zip({"a.csv": b"x"}))
    # bit 0 of the flags in the local header and in the central directory
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "needs a password" in _refused(tmp_path, bytes(content))


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_part_of_a_zip_is_refused(share: float, tmp_path: Path) -> None:
    content = _zip({f"{n}.csv": native(50) for n in range(20)})
    assert "a whole zip file; found one that is cut off" in _refused(tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_part_of_a_gzip_is_refused(share: float, tmp_path: Path) -> None:
    content = gzip.compress(native(5000).encode())
    assert "a whole gzip file" in _refused(tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_a_changed_byte_is_refused(packing: int, tmp_path: Path) -> None:
    content = bytearray(_zip({"a.csv": native()}, packing))
    content[300] ^= 0xFF
    assert "damaged" in _refused(tmp_path, bytes(content))


def test_any_zip_with_changed_bytes_is_opened_or_refused(tmp_path: Path) -> None:
    whole = _zip({"ü.csv": native(20), "b.gz": gzip.compress(b"1")})
    path = tmp_path / "export.zip"
    for place in range(4, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(connectors.ConnectorError):
            unpack(path, tmp_path / str(place))


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    zeros = b"\0" * 40 * 1024**2
    for content in (_zip({"a.csv": zeros}), gzip.compress(zeros), _zip({"a.zip": _zip({"b.csv": zeros})})):
        assert "times the packed size" in _refused(tmp_path, content)
        written = sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file())
        assert written < 20 * 1024**2
        for path in sorted((tmp_path / "out").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def test_minutes_of_zeros_are_no_bomb(tmp_path: Path) -> None:
    text = "Id,ActivityMinute,Steps\n" + "1503960366,4/12/2016 12:00:00 AM,0\n" * 800_000
    path = write(tmp_path, gzip.compress(text.encode()), "zeros.csv.gz")
    (member,) = unpack(path, tmp_path / "out")
    assert member.path.stat().st_size == len(text)


def test_too_many_members_and_too_many_bytes_are_refused(tmp_path: Path) -> None:
    content = _zip({f"{n}.csv": b"1234567890" for n in range(11)})
    assert "at most 10 files" in _refused(tmp_path, content, Limits(members=10))
    for folder in (tmp_path / "out").iterdir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    assert "at most 100 bytes" in _refused(tmp_path, content, Limits(total_bytes=100))


def test_an_office_document_is_not_opened_as_an_archive(tmp_path: Path) -> None:
    book = _zip({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"})
    with pytest.raises(connectors.UnknownFormatError, match=r"Excel workbook.*as CSV"):
        unpack(write(tmp_path, book, "steps.zip"), tmp_path / "out")
    assert _names(tmp_path, _zip({"steps.xlsx": book})) == ["steps.xlsx"]


def test_names_on_disk_are_safe_and_keep_their_ending(tmp_path: Path) -> None:
    names = {"a/ümlaut: steps?.csv": b"1", "a/.hidden.csv": b"2", f"a/{'x' * 300}.csv": b"3", "b/x.csv": b"4"}
    members = unpack(write(tmp_path, _zip(names), "export.zip"), tmp_path / "out")
    assert [m.name for m in members] == list(names)
    for member in members:
        assert member.path.suffix == ".csv"
        assert member.path.name.isascii()
        assert len(member.path.name) <= 120
        assert member.path.resolve().is_relative_to((tmp_path / "out").resolve())


def test_plain_files_are_no_containers(tmp_path: Path) -> None:
    for content in (b"", b"P", b"PK", native().encode()):
        assert not is_container(write(tmp_path, content))
