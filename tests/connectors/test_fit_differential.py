"""Real FIT files against other decoders: the small ones in every run, all of them with FOOTFALL_ALL_FILES=1."""

import json
import os

import pytest

from connectors.fit.dictionary import message_kind
from connectors.fit.messages import read_messages
from tests.connectors.differential_fit import Tally, compared, real_files
from tests.real_exports import REAL, needs_real_exports

FOLDER = REAL / "fit"
#: bytes of the files of a normal run: the peers read 0.25 and 0.5 MB/s
SMALL = 20_000

pytestmark = needs_real_exports


def test_small_files_equal_what_fitparse_and_fitdecode_read() -> None:
    _campaign(SMALL)


@pytest.mark.skipif(os.environ.get("FOOTFALL_ALL_FILES") != "1", reason="takes ten minutes; set FOOTFALL_ALL_FILES=1")
def test_all_files_equal_what_fitparse_and_fitdecode_read() -> None:
    _campaign(None)


def _campaign(below: int | None) -> None:
    tally = Tally()
    for path in real_files(FOLDER, below):
        tally.add(compared(path))
    print(tally.table())
    assert tally.files
    assert not tally.unexplained, tally.table()


def test_every_file_has_the_messages_that_a_walk_over_its_bytes_counts() -> None:
    told = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))["files"]
    files = real_files(FOLDER)
    assert {path.name for path in files} == set(told)
    for path in files:
        messages, (error,) = read_messages([path])
        assert error is None
        found = {message_kind(number).name: len(messages[number]) for number in messages.kinds}
        assert found == told[path.name]["structure"]["by_type"], path.name
