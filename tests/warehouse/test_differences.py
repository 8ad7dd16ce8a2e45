"""Which weeks differ between two publications, and why: each change named, and no other week listed."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.study_builder import MONDAY, Row, ask_file
from tests.warehouse.changed_study import EXPECTED, Weeks, publications
from warehouse.differences import DifferenceError, Differences, differences


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return publications(tmp_path_factory.mktemp("differences"))


def reasons(found: Differences) -> Weeks:
    at = {name: number for number, name in enumerate(found.columns)}
    return {
        (row[at["participant_id"]], row[at["protocol_id"]], row[at["week_number"]]): row[at["reasons"]]
        for row in found.rows
    }


def weeks_of(path: Path) -> dict[tuple[str, str, int], Row]:
    rows = ask_file(path, "SELECT * EXCLUDE (sources, rules_hash) FROM participant_week")
    return {(row["participant_id"], row["protocol_id"], row["week_number"]): row for row in rows}


def test_one_change_for_each_person_gives_exactly_their_weeks_with_exactly_their_reason(
    published: dict[str, Path],
) -> None:
    found = differences(published["first"], published["everybody"], protocol_id="walkback")
    assert reasons(found) == EXPECTED
    # participants with two weeks; one is removed and one is new
    assert found.compared == len(
        {key for name in ("first", "everybody") for key in weeks_of(published[name]) if key[1] == "walkback"}
    )
    assert found.notes == []


def test_what_moved_is_told_in_words_and_numbers(published: dict[str, Path]) -> None:
    found = differences(published["first"], published["everybody"], participant_id="file", protocol_id="walkback")
    [row] = found.rows
    week = dict(zip(found.columns, row, strict=True))
    assert (week["old_success_days_lo"], week["new_success_days_lo"]) == (2, 3)
    assert (week["old_walking_minutes"], week["new_walking_minutes"]) == (70, 105)
    assert (week["change"], week["week_start"], week["days"]) == ("changed", MONDAY, "1 missing -> valid")
    [why] = week["why"]
    assert re.fullmatch(r"new_file: file [0-9a-f]{12} is new, received \d{4}-\d\d-\d\d: 660 minutes, 2024-03-06", why)
    assert found.answers == {("unknown", "unknown"): 1}
    assert found.reasons == {"new_file": 1}


def test_a_correction_names_both_files_and_counts_the_minutes(published: dict[str, Path]) -> None:
    found = differences(published["first"], published["everybody"], participant_id="fixed", protocol_id="walkback")
    [why] = found.rows[0][found.columns.index("why")]
    assert re.search(r": 20 minutes that file [0-9a-f]{12} stated otherwise, 2024-03-04$", why)


def test_a_later_as_of_date_is_the_only_reason_for_the_days_that_it_adds(published: dict[str, Path]) -> None:
    found = differences(published["everybody"], published["as_of"], protocol_id="walkback")
    assert {tuple(codes) for codes in reasons(found).values()} == {("as_of",)}
    assert ("file", "walkback", 3) in reasons(found)
    # their calendars end before: nothing of them moves
    assert not {"ended", "open", "track"} & {person for person, _, _ in reasons(found)}


def test_a_changed_rule_says_which_parameter_went_from_what_to_what(published: dict[str, Path]) -> None:
    found = differences(published["as_of"], published["rules"])
    by_protocol = {key: codes for key, codes in reasons(found).items() if key[0] != "track"}
    assert by_protocol
    assert {(protocol, *codes) for (_, protocol, _), codes in by_protocol.items()} == {("mine", "rule")}
    why = found.rows[0][found.columns.index("why")]
    assert why == ["rule: minutes_per_day 40 (before: 30)"]


def test_a_changed_setting_is_the_reason_for_the_days_that_it_declares(published: dict[str, Path]) -> None:
    found = differences(published["as_of"], published["rules"], participant_id="track", protocol_id="walkback")
    assert set(map(tuple, reasons(found).values())) == {("setting",)}


def test_the_same_file_twice_has_no_differences(published: dict[str, Path]) -> None:
    found = differences(published["first"], published["first"])
    assert (found.rows, found.answers, found.reasons) == ([], {}, {})


PAIRS = [("random", "as_of"), ("everybody", "first"), ("first", "random"), ("random", "first")]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_whatever_changed_every_differing_week_has_a_reason_and_no_other_week_is_listed(
    published: dict[str, Path], old: str, new: str
) -> None:
    found = reasons(differences(published[old], published[new]))
    was, now = weeks_of(published[old]), weeks_of(published[new])
    assert set(found) == {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    assert len(found) > 10
    for key, codes in found.items():
        assert codes, key
        assert not {"unexplained", "program"} & set(codes), key


def altered(published: dict[str, Path], tmp_path: Path, *statements: str) -> Path:
    path = Path(shutil.copy(published["first"], tmp_path / "altered.duckdb"))
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


WRONG_WEEK = "UPDATE participant_week SET walking_minutes = 71 WHERE participant_id = 'file' AND week_number = 1"
WRONG_DAY = (
    "UPDATE participant_day SET walking_minutes = 36 WHERE participant_id = 'file' AND local_date = '2024-03-04'"
)


@pytest.mark.parametrize("statements", [(WRONG_WEEK,), (WRONG_WEEK, WRONG_DAY)])
def test_numbers_that_changed_for_no_reason_are_told_as_unexplained(
    published: dict[str, Path], tmp_path: Path, statements: tuple[str, ...]
) -> None:
    found = differences(published["first"], altered(published, tmp_path, *statements))
    assert set(reasons(found)) == {("file", "walkback", 1), ("file", "mine", 1)}
    assert found.reasons == {"unexplained": 2}


def test_another_version_of_the_definitions_is_the_reason_where_nothing_else_is(
    published: dict[str, Path], tmp_path: Path
) -> None:
    other = altered(
        published, tmp_path, WRONG_WEEK, "UPDATE publication SET views_hash = 'x', footfall_version = '9.0'"
    )
    found = differences(published["first"], other)
    assert found.reasons == {"program": 2}
    assert "made by footfall 9.0 (before: " in found.rows[0][found.columns.index("why")][0]


def test_a_file_without_a_table_or_column_of_today_is_compared_in_what_both_have(
    published: dict[str, Path], tmp_path: Path
) -> None:
    older = altered(
        published, tmp_path, "DROP TABLE travel", "DROP TABLE publication",
        "ALTER TABLE participant_week DROP COLUMN coverage", WRONG_WEEK,
    )  # fmt: skip
    found = differences(older, published["first"])
    assert set(reasons(found)) == {("file", "walkback", 1), ("file", "mine", 1)}
    assert found.notes == [
        "the older file has no table travel: it was not compared",
        "participant_week.coverage is only in the newer file: it was not compared",
        "the older file has no table publication: it was not compared",
    ]


def test_who_or_what_is_not_there_is_an_error(published: dict[str, Path], tmp_path: Path) -> None:
    first = published["first"]
    with pytest.raises(DifferenceError, match="none called 'P99'"):
        differences(first, first, participant_id="P99")
    with pytest.raises(DifferenceError, match=r"\(mine, walkback\); found 'who2020'"):
        differences(first, first, protocol_id="who2020")
    with pytest.raises(DifferenceError, match="found none"):
        differences(first, tmp_path / "nowhere.duckdb")
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(DifferenceError, match="expected a published database"):
        differences(tmp_path / "text.duckdb", first)
