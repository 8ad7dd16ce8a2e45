"""The multiverse: every week under every definition, made by the same SELECTs as the weeks themselves."""

import collections
import datetime as dt
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.cli import main
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, ask, at, drop, make_study, minutes, native, only, run, whole_day
from tests.warehouse.publication_tables import offences

ALL = [
    "walkback", "walkback-brisk", "walkback-relative", "walkback-session", "who2020", "who2010-10min", "nhanes-8of10",
    "tudor-locke-100", "ggir-80",
]  # fmt: skip


def compared(study: StudyFolder) -> int:
    """One run with the multiverse; the number of universes."""
    with open_run(study) as at_work:
        ingest.load(at_work, [path.name for path in study.inbox.iterdir() if path.is_file()])
        ingest.derive(at_work)
        universes = ingest.compare(at_work)
        ingest.check(at_work)
        ingest.publish(at_work)
        return universes


def walks(person: str, days: int, steps: int, length: int, pause: int, **more: object) -> list[Row]:
    """Whole days, each with walks of some minutes at some cadence that are parted by a pause."""
    rows: list[Row] = []
    for n in range(days):
        day = [0] * 600 + ([steps] * length + [0] * pause) * 3
        rows += minutes(person, at(MONDAY + dt.timedelta(days=n)), day + [0] * (1440 - len(day)), **more)
    return rows


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    made = make_study(
        tmp_path_factory.mktemp("multiverse") / "study",
        [
            {"participant_id": "SLOW", "start_date": MONDAY, "arm": "walking"},
            {"participant_id": "PAUSES", "start_date": MONDAY, "arm": "walking"},
            {"participant_id": "SHORT", "start_date": MONDAY, "arm": "control"},
            {"participant_id": "NONE", "start_date": MONDAY},
        ],
        toml={"protocols": ALL, "as_of": "2024-03-10"},
        files={
            # 3 x 10 minutes at 85 steps/min: met from 60 and 80, not from 100
            "slow.csv": native(walks("SLOW", 7, 85, 10, 30)),
            # 3 x 8 minutes at 120, parted by 3 minutes: one bout of 30 with a gap of 3, no bout of 9 minutes without
            "pauses.csv": native(walks("PAUSES", 7, 120, 8, 3)),
            # 500 minutes a day between 10:00 and 18:20: valid from 480, partial from 600
            "short.csv": native(
                row for n in range(7) for row in minutes("SHORT", at(MONDAY + dt.timedelta(days=n), "10:00"), [0] * 500)
            ),
        },
    )
    assert compared(made) == only(ask(made, "SELECT count(*) AS n FROM universe"))["n"]
    return made


def answers(study: StudyFolder, person: str, protocol: str, parameter: str) -> dict[object, set[str]]:
    found = collections.defaultdict(set)
    for row in ask(
        study,
        f"SELECT {parameter} AS value, answer FROM multiverse"
        f" WHERE participant_id = '{person}' AND protocol_id = '{protocol}' AND week_number = 1",
    ):
        found[row["value"]].add(row["answer"])
    return found


def test_every_combination_of_the_values_of_a_protocols_algorithm_is_a_universe(study: StudyFolder) -> None:
    counts = {
        row["protocol_id"]: (row["n"], row["own"])
        for row in ask(
            study,
            "SELECT protocol_id, count(*) AS n, count(*) FILTER (WHERE is_protocol) AS own FROM universe GROUP BY ALL",
        )
    }
    # cadences x gaps x valid days x handling of partly active minutes; one of them is the protocol itself
    merge, strict = 3 * 4 * 3 * 2, 3 * 1 * 3 * 2
    assert counts == {
        "walkback": (merge, 1), "walkback-brisk": (merge, 1), "walkback-session": (merge, 1),
        "walkback-relative": (1 * 4 * 3 * 2, 1), "who2020": (strict, 1), "who2010-10min": (strict, 1),
        "nhanes-8of10": (merge, 1), "tudor-locke-100": (strict, 1), "ggir-80": (3 * 2 * 3 * 2, 1),
    }  # fmt: skip


def test_the_protocols_own_universe_is_participant_week(study: StudyFolder) -> None:
    shared = (
        "participant_id, protocol_id, week_number, arm, in_progress, eligible_days, valid_days, partial_days, missing_days,"
        " walking_minutes, success_days_lo, success_days_hi, dose_score_lo, dose_score_hi, answer"
    )
    own = ask(study, f"SELECT {shared} FROM multiverse WHERE is_protocol ORDER BY ALL")
    assert own == ask(study, f"SELECT {shared} FROM participant_week ORDER BY ALL")
    assert len(own) == 4 * len(ALL)


def test_the_check_finds_a_week_or_a_count_that_differs(tmp_path: Path) -> None:
    study = make_study(
        tmp_path / "study", [{"participant_id": "P1"}], files={"a.csv": native(walks("P1", 8, 85, 10, 30))}
    )
    compared(study)
    with open_run(study) as at_work:
        assert offences(at_work.connection, "multiverse_equals_weeks") == []
        for wrong, found in (
            ("DELETE FROM multiverse WHERE is_protocol AND week_number = 2", {"week"}),
            ("UPDATE multiverse SET answer = 'no' WHERE is_protocol", {"week", "finished weeks"}),
            ("UPDATE multiverse SET walking_minutes = 1 WHERE is_protocol AND week_number = 1", {"week"}),
            ("UPDATE multiverse SET success_days_hi = 0 WHERE is_protocol AND week_number = 1", {"week"}),
            ("UPDATE multiverse SET is_running = false", {"finished weeks"}),
            ("UPDATE participant_summary SET weeks_yes = 0", {"finished weeks", "summary"}),
            ("UPDATE multiverse_summary SET weeks = 7", {"summary"}),
            ("DELETE FROM multiverse", {"week", "finished weeks"}),
        ):
            at_work.connection.begin()
            at_work.connection.execute(wrong)
            assert {row[3] for row in offences(at_work.connection, "multiverse_equals_weeks")} == found, wrong
            # what waits for its time is no offence
            at_work.connection.execute("INSERT INTO ledger.pending_multiverse VALUES ('P1')")
            assert offences(at_work.connection, "multiverse_equals_weeks") == [], wrong
            at_work.connection.rollback()


def test_the_last_week_of_who_died_is_finished_and_the_same_week_of_others_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both walked 30 minutes on seven days and none on the four or two after them; the as-of date is a Thursday."""
    days = [30] * 7 + [0] * 4
    rows = {
        name: [row for n in range(last) for row in whole_day(name, MONDAY + dt.timedelta(days=n), days[n])]
        for name, last in (("DIED", 9), ("ALIVE", 11))
    }
    study = make_study(
        tmp_path / "study",
        [{"participant_id": name, "start_date": MONDAY, "arm": "walking"} for name in rows],
        csvs={"outcomes.csv": "participant_id,date,kind,value\nDIED,2024-03-12,death,\n"},
        files={f"{name}.csv": native(of) for name, of in rows.items()},
    )
    compared(study)
    flags = ask(
        study, "SELECT DISTINCT participant_id, week_number, in_progress, is_running FROM multiverse ORDER BY ALL"
    )
    assert [tuple(row.values()) for row in flags] == [
        ("ALIVE", 1, False, False), ("ALIVE", 2, True, True), ("DIED", 1, False, False), ("DIED", 2, True, False),
    ]  # fmt: skip
    told = ask(study, "SELECT arm, weeks, weeks_yes, weeks_no FROM multiverse_summary WHERE is_protocol ORDER BY ALL")
    assert [tuple(row.values()) for row in told] == [("walking", 3, 2, 1), (None, 3, 2, 1)]
    sums = "SELECT sum(weeks_eligible)::INT, sum(weeks_yes)::INT, sum(weeks_no)::INT FROM participant_summary"
    assert tuple(only(ask(study, sums)).values()) == (3, 2, 1)
    assert main(["adherence", "--study", str(study.root), "--multiverse"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "2 of 3 weeks were met, 1 not" in page
    assert "3 of 3 weeks have one answer under every definition" in page


def test_every_week_stands_in_every_universe(study: StudyFolder) -> None:
    row = only(
        ask(study, "SELECT (SELECT count(*) FROM multiverse) AS n, (SELECT count(*) FROM universe) AS universes")
    )
    assert row["n"] == 4 * row["universes"]


def test_a_slow_walk_is_one_until_the_cadence_is_raised_above_it(study: StudyFolder) -> None:
    assert answers(study, "SLOW", "walkback", "min_cadence_spm") == {60: {"yes"}, 80: {"yes"}, 100: {"no"}}
    assert answers(study, "SLOW", "walkback-brisk", "min_cadence_spm") == {60: {"yes"}, 80: {"yes"}, 100: {"no"}}
    assert answers(study, "SLOW", "nhanes-8of10", "min_cadence_spm") == {60: {"yes"}, 80: {"yes"}, 100: {"no"}}


def test_a_pause_of_three_minutes_needs_a_gap_of_three(study: StudyFolder) -> None:
    assert answers(study, "PAUSES", "walkback", "max_gap_minutes") == {0: {"no"}, 1: {"no"}, 2: {"no"}, 3: {"yes"}}


def test_a_short_day_is_no_failure_until_so_few_hours_make_it_valid(study: StudyFolder) -> None:
    expected = {480: {"no"}, 600: {"unknown"}, 720: {"unknown"}}
    assert answers(study, "SHORT", "walkback", "valid_day_minutes") == expected


def test_who_sent_nothing_is_unknown_in_every_universe(study: StudyFolder) -> None:
    assert (
        only(ask(study, "SELECT DISTINCT answer FROM multiverse WHERE participant_id = 'NONE'"))["answer"] == "unknown"
    )


def test_the_summary_counts_weeks_with_bounds_and_how_many_move(study: StudyFolder) -> None:
    rows = ask(
        study,
        "SELECT * FROM multiverse_summary WHERE protocol_id = 'walkback' AND arm IS NULL AND valid_day_minutes = 600"
        " AND partly_active = 'count' AND max_gap_minutes IN (2, 3) AND min_cadence_spm IN (60, 100)",
    )
    found = {
        (row["min_cadence_spm"], row["max_gap_minutes"]): (
            row["weeks"], row["weeks_yes"], row["weeks_no"], row["weeks_unknown"], row["share_lo"], row["share_hi"],
            row["weeks_changed"], row["weeks_reversed"],
        )
        for row in rows
    }  # fmt: skip
    # SLOW, PAUSES, SHORT and NONE: yes no ? ? by the protocol's own definition
    assert found == {
        (60, 2): (4, 1, 1, 2, 0.25, 0.75, 0, 0),
        (60, 3): (4, 2, 0, 2, 0.5, 1.0, 1, 1),
        (100, 2): (4, 0, 2, 2, 0.0, 0.5, 1, 1),
        (100, 3): (4, 1, 1, 2, 0.25, 0.75, 2, 2),
    }
    arms = ask(
        study,
        "SELECT arm, weeks FROM multiverse_summary WHERE is_protocol AND protocol_id = 'walkback' ORDER BY arm NULLS FIRST",
    )
    assert [(row["arm"], row["weeks"]) for row in arms] == [(None, 4), ("control", 1), ("walking", 2)]


def test_partly_active_minutes_qualify_or_not(tmp_path: Path) -> None:
    # a rule row of the study's own that leaves them out equals the universe that does
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY}],
        toml={"protocols": ["walkback", "whole"]},
        csvs={
            "bout_rules.csv": "bout_rule_id,algorithm,min_cadence_spm,min_minutes,max_gap_minutes,partly_active\n"
            "whole,gap_merge,60,9,2,exclude\n",
            "protocols.csv": "protocol_id,bout_rule_id,grace_minutes\nwhole,whole,1\n",
        },
        files={"a.csv": native(whole_day("P1", MONDAY, 30))},
    )
    run(study)
    with open_run(study) as at_work:
        # native CSV cannot say it: 25 of the 30 minutes get the flag that a FIT monitoring file gives
        at_work.connection.execute(
            "UPDATE ledger.source_minute SET flags = ['partly_active']"
            " WHERE steps = 110 AND minute_start < TIMESTAMPTZ '2024-03-04 10:25:00+00'"
        )
        at_work.connection.execute("INSERT INTO ledger.pending (participant_id) VALUES ('P1')")
        ingest.derive(at_work)
        ingest.compare(at_work)
        ingest.publish(at_work)
    days = ask(study, "SELECT protocol_id, walking_minutes, partly_active_minutes FROM participant_day ORDER BY 1")
    assert [tuple(row.values()) for row in days] == [("walkback", 30, 25), ("whole", 0, 25)]
    excluded = ask(
        study,
        "SELECT DISTINCT walking_minutes FROM multiverse WHERE partly_active = 'exclude' AND min_cadence_spm = 60"
        " AND max_gap_minutes = 2",
    )
    assert only(excluded)["walking_minutes"] == 0


def test_only_the_weeks_of_touched_people_are_compared_again_and_the_rules_stay(tmp_path: Path) -> None:
    people = [{"participant_id": name} for name in ("P1", "P2")]
    study = make_study(
        tmp_path / "study",
        people,
        toml={"as_of": "2024-03-31"},
        files={f"{name}.csv": native(whole_day(name, MONDAY, 30)) for name in ("P1", "P2")},
    )
    compared(study)
    with open_run(study) as at_work:
        at_work.connection.execute("UPDATE multiverse SET arm = 'untouched'")
    drop(study, {"more.csv": native(whole_day("P2", MONDAY + dt.timedelta(days=8), 30))})
    compared(study)
    weeks = ask(study, "SELECT DISTINCT participant_id, week_number, arm FROM multiverse ORDER BY ALL")
    assert [tuple(row.values()) for row in weeks] == [("P1", 1, "untouched"), ("P2", 1, None), ("P2", 2, None)]
    assert only(ask(study, "SELECT count(*) AS n FROM protocol WHERE protocol_id LIKE '%|%'"))["n"] == 0
    # one person leaves the study
    (study.root / "participants.csv").write_text("participant_id,time_zone,start_date,end_date,arm\nP2,,,,\n")
    compared(study)
    assert [row["participant_id"] for row in ask(study, "SELECT DISTINCT participant_id FROM multiverse")] == ["P2"]
