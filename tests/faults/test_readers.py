"""Readers in a loop while the study is published again and again: no error, and no answer from two publications."""

from pathlib import Path

from tests.faults.publishing import publish_under_readers


def test_readers_see_one_publication_at_a_time_and_never_an_error(tmp_path: Path) -> None:
    told = publish_under_readers(tmp_path / "study", readers=2, publishes=6)
    assert told.errors == []
    assert told.publishes == 6 and len(told.published) == 7
    # each reader opened the file many times, and saw it change
    assert told.opened >= 6 and len(told.seen) > 2
    assert told.seen <= told.published
