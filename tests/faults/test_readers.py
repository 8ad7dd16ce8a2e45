"""Readers in a loop while the study is published again and again: no error, and no answer from two publications."""

from pathlib import Path

from tests.faults.publishing import publish_under_readers


def test_readers_see_one_publication_at_a_time_and_never_an_error(tmp_path: Path) -> None:
    told = publish_under_readers(tmp_path / "study", readers=3, publishes=15)
    assert told.errors == []
    assert told.publishes == 15 and len(told.published) == 16
    # each reader opened the file many times, and saw it change
    assert told.opened >= 15 and len(told.seen) > 3
    assert told.seen <= told.published
