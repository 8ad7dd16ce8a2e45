"""`footfall explain`: the words say what the tables say, and no more; what is missing is never said to be zero."""

import csv
import functools
import io
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.errors import FootfallError
from pipelines.explain import explain
from pipelines.explain import facts as asking
from pipelines.explain.page import page
from pipelines.explain.phrases import FLAGS
from pipelines.study_folder import StudyFolder
from tests.pipelines.explain_study import PROTOCOLS, make
from tests.study_builder import ask, only
from warehouse.build import views
from warehouse.query_child import main as answer_here
from warehouse.research import ROW_LIMIT, Answer

Facts = dict[str, Any]
Explained = Callable[..., Facts]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return make(tmp_path_factory.mktemp("explain") / "study")


@pytest.fixture(scope="module")
def explained(study: StudyFolder) -> Explained:
    """The first week of somebody under a protocol, explained once."""

    @functools.cache
    def first_week(participant: str, protocol: str = "walkback") -> Facts:
        # the same query under the same locks without a process of its own; the command below has one
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "query", _here)
            return explain(study.research, participant, 1, protocol)

    return first_week


def _here(database: Path, sql: str, values: dict[str, str | int | None]) -> Answer:
    found = answer_here(str(database), ROW_LIMIT, sql, values)
    return Answer(found["columns"], found["rows"], found["more"])


def why(facts: Facts) -> str:
    return " ".join(facts["words"]["why"])


def notes(facts: Facts) -> str:
    return " ".join(facts["words"]["notes"])


def said(facts: Facts, day: int) -> str:
    return " ".join(facts["days"][day]["words"])


def test_a_met_week_names_its_days_and_that_the_unknown_ones_no_longer_matter(explained: Explained) -> None:
    facts = explained("YES")
    assert (facts["answer"], facts["answered_for"]) == ("yes", "week")
    assert facts["words"]["answer"].startswith("Met: 5 days are known to have reached 30 minutes, 2 more may have;")
    assert "Fri 8 March (29 min)." in why(facts)
    assert "(1 minute forgiven)" in said(facts, 4)
    assert "cannot change the answer" in why(facts)
    assert said(facts, 5) == "No data reached us: whether there was a walk is not known."
    assert not re.search(r"\b0 min|did not walk|no walk", said(facts, 5) + said(facts, 6))


def test_the_prescription_that_holds_is_named_and_a_later_one_inside_the_week_is_told(explained: Explained) -> None:
    facts = explained("YES")
    asked = " ".join(facts["words"]["asked"])
    assert "30 minutes of walking on each of 5 days, as prescribed from 4 March 2024 (prescriptions.csv)" in asked
    assert "Another prescription starts inside the week" in asked
    assert [row["days_per_week"] for row in facts["prescriptions"] if row["is_in_force"]] == [5]
    assert "prescriptions.csv has none" in " ".join(explained("NO")["words"]["asked"])


def test_a_failed_week_whose_days_were_wholly_recorded_is_said_without_reserve(explained: Explained) -> None:
    facts = explained("NO")
    assert facts["answer"] == "no"
    assert "Not reached on 5 days: Wed 6 March (0 min), Thu 7 March (12 min)" in why(facts)
    assert "convention" not in notes(facts) + said(facts, 2)


def test_a_failed_week_with_unrecorded_hours_is_said_to_be_so_by_convention(explained: Explained) -> None:
    facts = explained("CONVENTION")
    assert facts["answer"] == "no"
    assert facts["week"]["adherent_days_window"] == "unknown"
    assert "by convention, not by proof: on Fri 8 March to Sun 10 March" in notes(facts)
    assert "4 to 7 days" in notes(facts)
    assert "For 6 h 40 min nothing was recorded, so this is a convention and no proof." in said(facts, 4)


def test_an_unknown_week_says_what_each_day_lacks_and_what_would_settle_it(explained: Explained) -> None:
    facts = explained("UNKNOWN")
    assert facts["answer"] == "unknown"
    assert "Nobody can tell: 3 days are known to have reached 30 minutes, 3 more" in facts["words"]["answer"]
    assert "Cannot tell for Fri 8 March and Sun 10 March: no data reached us" in why(facts)
    assert "recorded for 3 h 20 min only, 12 minutes of walking in that time; 6 h 40 min more" in why(facts)
    assert 'For "met", 2 of these 3 days must turn out to have reached it; for "not met", 2 must' in why(facts)
    assert "(in all 06:00 to 09:20); 10 h are needed" in said(facts, 5)


def test_part_of_a_week_is_answered_for_the_days_that_count(explained: Explained) -> None:
    facts = explained("PART")
    assert (facts["answer"], facts["answered_for"]) == ("yes", "part_of_week")
    assert facts["words"]["answer"] == "Met for the 4 days that count: 3 days reached 30 minutes; 3 were asked for."
    assert "(5 times 4/7 is 2.857, rounded up)" in " ".join(facts["words"]["asked"])
    assert "Not counted: Fri 8 March to Sun 10 March (after the end date)." in why(facts)
    assert [day["state"] for day in facts["days"][4:]] == [None] * 3
    # weekly minutes: 120 of 5 x 30 x 4/7
    minutes = explained("PART", "who2020")
    assert (minutes["answer"], minutes["answered_for"]) == ("yes", "part_of_week")
    assert "120 minutes of walking are known, 85.71 were asked for" in minutes["words"]["answer"]


def test_weeks_of_rest_and_excused_weeks_are_not_judged(explained: Explained) -> None:
    rest, excused = explained("REST"), explained("EXCUSED")
    assert rest["answer"] is None
    assert rest["words"]["answer"] == "Not judged: no walking was asked for in this week."
    assert rest["words"]["asked"] == [
        "Rest: 0 days of 30 minutes, as prescribed from 4 March 2024 (prescriptions.csv)."
    ]
    assert "(excused, outcomes.csv: 4 March 2024 to 10 March 2024)" in why(excused)
    assert "It was recorded all the same (40 minutes of walking)" in said(excused, 0)


def test_a_walk_across_midnight_is_told_on_both_days_and_that_it_decides(explained: Explained) -> None:
    facts = explained("MIDNIGHT")
    assert (facts["answer"], facts["week"]["midnight_sensitive"]) == ("no", True)
    assert "A walk across midnight decides" in notes(facts)
    before, after = facts["days"][0]["bouts"], facts["days"][1]["bouts"][:1]
    assert [(bout["minutes_on_date"], bout["span_minutes"]) for bout in before + after] == [(10, 30), (20, 30)]
    text = page(facts)
    assert "23:50 to 00:00: 10 minutes of a walk of 30 minutes that goes on after midnight" in text
    assert "00:00 to 00:20: 20 minutes of a walk of 30 minutes that began on Mon 4 March" in text


def test_two_devices_are_told_apart_with_where_they_disagree_and_what_was_corrected(explained: Explained) -> None:
    facts = explained("TWO")
    assert "2 devices gave this week's minutes (native-csv-01 and native-csv-02)" in notes(facts)
    monday = next(part for part in facts["days"][0]["minutes"] if part["observed_minutes"] > 100)
    assert (monday["disagreement_minutes"], monday["largest_disagreement"]) == (30, 1)
    left_out = {(row["reason"], row["local_date"]): row for row in facts["left_out"]}
    assert left_out["other_device_preferred", "2024-03-04"]["n"] == 620
    assert (left_out["revised", "2024-03-04"]["n"], left_out["revised", "2024-03-04"]["steps"]) == (10, 1100)
    text = " ".join(page(facts).split())
    assert "steps of two devices are never added" in text
    assert "10 minutes with 1,100 steps on Mon 4 March: a later file corrected them." in text


def test_zeros_that_do_not_prove_wear_are_no_walk_and_no_rest_either(explained: Explained) -> None:
    facts = explained("ZERO")
    assert facts["answer"] == "unknown"
    assert facts["days"][1]["reason"] == "not_worn"
    assert "do not show that the device was worn: nothing is known" in said(facts, 1)
    assert sum(row["n"] for row in facts["left_out"] if row["reason"] == "zero_run") > 1240
    assert "writes 0 when nobody wears it" in page(facts)


def test_totals_show_no_walks_and_a_file_that_could_not_be_used_is_named(explained: Explained) -> None:
    facts = explained("COARSE")
    assert said(facts, 3) == "Only a total of 9,000 steps is known, which shows no walks."
    assert "never that it was not" in notes(facts)
    assert 'for "not met"' not in why(facts)
    assert [file["status"] for file in facts["waiting_files"]] == ["quarantined"]
    assert facts["waiting_files"][0]["file_name"] in page(facts)


def test_under_sessions_the_longest_walk_of_a_day_is_what_counts(explained: Explained) -> None:
    facts = explained("YES", "walkback-session")
    assert "one walk of 30 minutes on each of 5 days" in " ".join(facts["words"]["asked"]).lower()
    assert said(facts, 0).endswith("The longest walk took 40 minutes, 30 were asked for: reached.")
    assert "no walk that counts was found" in said(explained("NO", "walkback-session"), 4).lower()


def test_under_weekly_minutes_days_are_not_reached_or_missed_and_vigorous_minutes_weigh(explained: Explained) -> None:
    facts = explained("RUN", "who2020")
    assert facts["answer"] == "yes"
    assert facts["words"]["answer"] == "Met: 200 minutes of walking are known, 150 were asked for."
    assert "100 minutes of the 100 had 130 steps or more; such a minute counts 2 times." in why(facts)
    assert [day["mark"] for day in facts["days"]] == ["recorded"] * 5 + ["no data"] * 2
    assert "asked for" not in " ".join(said(facts, day) for day in range(7))
    unknown = explained("ZERO", "who2020")
    assert "110 minutes more would meet it; to say that it was not met, every day must be known." in why(unknown)


def test_a_date_whose_clock_was_changed_says_so_and_walks_have_the_clock_of_their_minute(explained: Explained) -> None:
    facts = explained("SPRING")
    assert "The clocks were changed: this date had 23 h." in said(facts, 0)
    assert "still running: the study's data reach to 31 March 2024" in notes(facts)
    (recorded,) = facts["days"][0]["recorded"]
    assert (recorded["start_local"], recorded["end_local"]) == ("2024-03-31T01:30+01:00", "2024-03-31T12:30+02:00")
    assert facts["days"][1]["reason"] == "after_as_of"
    assert "not reached by the study's data yet" in said(facts, 1)


KINDS = ("YES", "NO", "UNKNOWN", "MIDNIGHT", "TWO", "ZERO", "RUN", "SPRING")


@pytest.mark.parametrize("participant", KINDS)
def test_every_number_is_that_of_the_published_tables(
    study: StudyFolder, explained: Explained, participant: str
) -> None:
    facts = explained(participant)
    where = f"participant_id = '{participant}' AND protocol_id = 'walkback'"
    week = only(
        ask(study, f"SELECT walking_minutes, observed_minutes, bouts, rules_hash FROM participant_week WHERE {where}")
    )
    assert week == {name: facts["week"][name] for name in week}
    for row in ask(study, f"SELECT * FROM participant_day WHERE {where} AND week_number = 1"):
        (day,) = (one for one in facts["days"] if one["local_date"] == row["local_date"].isoformat())
        assert day["state"] == row["state"]
        assert day["walking_minutes"] == row["walking_minutes"]
        assert sum(bout["counted_minutes"] for bout in day["bouts"]) == (row["walking_minutes"] or 0)
        assert sum(part["observed_minutes"] for part in day["minutes"]) == (row["observed_minutes"] or 0)
        assert sum(one["minutes"] for one in day["recorded"]) == (row["observed_minutes"] or 0)
        assert sum(part["steps"] or 0 for part in day["minutes"]) == (row["steps"] or 0)
    assert sum(file["minutes_in_week"] for file in facts["files"]) == week["observed_minutes"]


def test_the_ranges_of_a_walk_lie_end_to_end_and_hold_its_minutes_and_steps(explained: Explained) -> None:
    for bout in (bout for name in KINDS for day in explained(name)["days"] for bout in day["bouts"]):
        ranges = bout["ranges"]
        assert (ranges[0]["start"], ranges[-1]["end"]) == (bout["start"], bout["end"])
        assert all(first["end"] == then["start"] for first, then in itertools.pairwise(ranges))
        assert sum(one["minutes"] for one in ranges) == bout["minutes_on_date"]
        assert sum(one["minutes"] for one in ranges if one["is_qualifying"]) == bout["active_minutes_on_date"]
        if bout["minutes_on_date"] == bout["span_minutes"]:
            assert sum(one["steps"] for one in ranges) == bout["steps"]
            assert bout["active_minutes_on_date"] == bout["active_minutes"]


def test_every_hash_is_that_of_a_file_received(study: StudyFolder, explained: Explained) -> None:
    received = {row["source_file_id"] for row in ask(study, "SELECT source_file_id FROM source_file")}
    for name in (*KINDS, "COARSE"):
        told = set(re.findall(r'"source_file_id": "([0-9a-f]{64})"', json.dumps(explained(name))))
        assert told
        assert told <= received
        listed = {file["source_file_id"] for file in explained(name)["files"] + explained(name)["waiting_files"]}
        assert told == listed


def test_the_rules_are_told_with_their_parameters_hashes_and_sources(explained: Explained) -> None:
    for participant, protocol in zip(("YES", "YES", "RUN", "RUN"), PROTOCOLS, strict=True):
        facts = explained(participant, protocol)
        walk, day, week, made = facts["words"]["rules"]
        assert facts["rules"]["bout_rule"]["rule_hash"][:12] in walk
        assert facts["rules"]["wear_rule"]["source"] in day
        assert facts["week"]["rules_hash"] == facts["rules"]["protocol"]["rules_hash"]
        assert facts["week"]["rules_hash"] in week
        assert f"footfall {facts['publication']['footfall_version']}" in made
    assert "joined over pauses of up to 2 minutes, 9 such minutes or more" in explained("YES")["words"]["rules"][0]
    relative = explained("RUN", "walkback-relative")
    assert "minutes of 123.8 steps or more (moderate at this age)" in relative["words"]["rules"][0]
    assert [bout["active_minutes_on_date"] for day in relative["days"] for bout in day["bouts"]] == [20] * 5


def test_every_flag_of_a_minute_has_words() -> None:
    _, _, listed = views()["minute"].column_comments["flags"].partition(": ")
    told = re.findall(r"([a-z_]+)(?: \([^)]*\))?(?:, |$)", listed)
    assert {"apportioned", "zero_run", "zone_differs"} <= set(told)
    assert set(told) <= set(FLAGS)


def test_what_is_not_there_is_said_with_what_is(study: StudyFolder) -> None:
    def refused(participant: str, protocol: str = "walkback") -> str:
        with pytest.raises(FootfallError) as error:
            explain(study.research, participant, 1, protocol)
        return str(error.value)

    assert "found 'P9'. There are COARSE, CONVENTION, EXCUSED" in refused("P9")
    assert "There are walkback, walkback-relative, walkback-session, who2020;" in refused("YES", "ggir-80")
    assert "LATER has none under walkback" in refused("LATER")


def test_the_command_prints_words_rows_of_days_or_everything(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*words: str, status: int = 0) -> str:
        assert main(["explain", *words, "--study", str(study.root)]) == status
        return "".join(capsys.readouterr())

    assert printed("NO", "1").startswith("NO, week 1: Mon 4 March to Sun 10 March 2024 (walkback)\n\nNot met: 2 days")
    rows = list(csv.DictReader(io.StringIO(printed("NO", "1", "--format", "csv"))))
    assert [row["target_met"] for row in rows] == ["yes"] * 2 + ["no"] * 5
    told = json.loads(printed("PART", "1", "--protocol", "who2020", "--format", "json"))
    assert told["answer"] == "yes"
    refused = printed("NO", "2", status=1)
    assert re.fullmatch(r"footfall: [^\n]+There are weeks 1 to 1, from 2024-03-04 to 2024-03-10\.\n", refused)


def test_the_page_of_the_guide_names_every_key_of_the_structure(explained: Explained) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    facts = explained("TWO")
    day = facts["days"][0]
    keys = [*facts, *facts["words"], *facts["rules"], "mark", "words", "recorded", "bouts", "minutes"]
    for row in (day["recorded"][0], day["bouts"][0], day["bouts"][0]["ranges"][0], day["minutes"][0]):
        keys += row
    keys += [*facts["left_out"][0], *facts["files"][0], *facts["devices"][0], "is_in_force", "weekday"]
    assert [key for key in dict.fromkeys(keys) if f"`{key}`" not in guide] == []
