"""Many files in one call: for each what one call for it alone would give."""

import re
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import connectors
from connectors.errors import ConnectorError
from connectors.problems import SENTENCES, in_words
from connectors.recording import Problem, Recording

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(
    path
    for path in (ROOT / "sample_data").rglob("*")
    if path.is_file() and path.suffix in (".fit", ".gpx", ".csv", ".zip")
)


def _alone(path: Path) -> Recording | ConnectorError:
    try:
        return connectors.read(path)
    except ConnectorError as error:
        return error


def test_each_file_of_many_is_read_as_if_it_were_alone() -> None:
    # sound and broken files of every format between each other
    mixed = sorted(SAMPLES, key=lambda path: path.name)
    for path, together in zip(mixed, connectors.read_many(mixed), strict=True):
        alone = _alone(path)
        assert type(together) is type(alone), path
        if isinstance(alone, ConnectorError):
            assert str(together) == str(alone)
            continue
        assert isinstance(together, Recording)
        for name in ("epochs", "coverage", "sessions", "totals"):
            assert_frame_equal(getattr(together, name), getattr(alone, name))
        for name in ("connector", "dialect", "kind", "time_basis", "device", "rows_read", "problems", "exported_at"):
            assert getattr(together, name) == getattr(alone, name), path
        assert together.utc_offset_minutes == alone.utc_offset_minutes


def test_no_files_are_no_recordings() -> None:
    assert connectors.read_many([]) == []


def test_every_problem_code_of_a_connector_has_a_sentence() -> None:
    said = re.compile(r'(?:Problem\(|notes\.add\(|_note\()\s*"([a-z0-9_]+)"')
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "connectors").rglob("*.py"))
    codes = set(said.findall(source))
    assert len(codes) > 15
    assert codes <= SENTENCES.keys()


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_can_be_told_from_its_code_and_from_the_next_sentence(code: str) -> None:
    assert not set(";()") & set(SENTENCES[code])
    assert in_words(Problem(code, 2, "byte 7")) == f"{SENTENCES[code]} ({code}: 2, byte 7)"
