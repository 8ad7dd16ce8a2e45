"""Definition 9: bouts, clause by clause."""

from typing import Any

import pytest

from tests.connectors import fit_bytes, gpx_samples
from tests.connectors.gpx_samples import gpx_text, point
from tests.study_builder import MONDAY, at
from tests.warehouse.cohort import Answers, Cohort, Stretch, date, week

STUDY = Cohort(
    toml={"protocols": ["walkback", "walkback-brisk", "no-running", "over-holes"], "as_of": "2024-06-30"},
    csvs={
        "bout_rules.csv": "bout_rule_id,algorithm,min_cadence_spm,min_minutes,max_gap_minutes,missing\n"
        "over-holes,gap_merge,60,9,2,as_gap\n",
        "protocols.csv": "protocol_id,bout_rule_id,running\nno-running,walkback,exclude\nover-holes,over-holes,count\n",
    },
)
TEN = at(MONDAY, "10:00")
SEVEN: dict[str, Any] = {"start_date": date(0), "end_date": date(6)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("bouts"))


STUDY.add("pause", [Stretch(TEN, [100] * 6 + [40] * 2 + [110] * 6)])


def test_definition_9_steps_are_all_in_the_span_and_cadence_is_that_of_the_qualifying_minutes(found: Answers) -> None:
    """600 + 80 + 660 = 1,340 steps in 14 minutes; (600 + 660) / 12 = 105 steps/min in the 12 that qualify."""
    (bout,) = found.bouts("pause")
    assert (bout["steps"], bout["mean_cadence_spm"], bout["peak_cadence_spm"]) == (1340, 105, 110)
    assert (bout["span_minutes"], bout["active_minutes"], bout["local_date"]) == (14, 12, date(0))


# four days of 30, then a walk from 23:40 of Friday to 00:20
STUDY.add("friday-night", [*week("30 30 30 30"), Stretch(at(date(4)), [0] * 1420 + [110] * 40 + [0] * 1420)], **SEVEN)


def test_definition_9_minutes_are_split_at_midnight_and_a_bout_counts_on_the_date_of_its_start(found: Answers) -> None:
    """20 minutes for Friday and 20 for Saturday; one bout of 40, Friday's."""
    friday, saturday = found.day("friday-night", 4), found.day("friday-night", 5)
    assert [(row["walking_minutes"], row["bouts"], row["longest_bout_minutes"]) for row in (friday, saturday)] == [
        (20, 1, 40), (20, 0, None),
    ]  # fmt: skip
    assert found.bouts("friday-night")[-1]["local_date"] == date(4)


def test_definition_9_midnight_sensitive_says_that_counting_by_start_would_change_the_week(found: Answers) -> None:
    """Split: four days succeed, 20 and 20 do not: no or unknown. By start Friday has 40: five days, yes."""
    whole = found.week("friday-night")
    assert (whole["success_days_lo"], whole["walking_minutes"], whole["midnight_sensitive"]) == (4, 160, True)
    assert found.week("seven-days")["midnight_sensitive"] is False


STUDY.add("seven-days", week("30 30 30 30 30 30 30"), **SEVEN)
STUDY.add(
    "sunday-night",
    [Stretch(at(date(6)), [0] * 1420 + [110] * 50 + [0] * 1410)],
    start_date=date(0),
    end_date=date(13),
)


def test_definition_9_a_bout_over_the_end_of_a_week_gives_each_week_its_minutes(found: Answers) -> None:
    """Sunday 23:40 to Monday 00:30: 20 and 30 minutes; the bout is the first week's."""
    weeks = found.weeks("sunday-night").values()
    assert [(row["walking_minutes"], row["bouts"]) for row in weeks] == [(20, 1), (30, 0)]


STUDY.add("hole", [Stretch(TEN, [100] * 8 + [None] + [100] * 8 + [0] * 5)])
STUDY.add("absent", [Stretch(TEN, [100] * 8), Stretch(at(MONDAY, "10:09"), [100] * 8)])


@pytest.mark.parametrize("person", ["hole", "absent"])
def test_definition_9_a_minute_without_steps_or_label_ends_a_bout_unless_the_rule_says_otherwise(
    found: Answers, person: str
) -> None:
    """8 and 8 minutes are short of 9 each; over the hole they are one bout of 17 with 16 active ones."""
    assert found.bouts(person) == []
    (bout,) = found.bouts(person, "over-holes")
    assert (bout["span_minutes"], bout["active_minutes"], bout["steps"]) == (17, 16, 1600)


# the tracks below are of this date, from 08:00 UTC on
TRACK = gpx_samples.START


def track(person: str, seconds: int, mps: float = 1.4, sport: str = "") -> dict[str, str | bytes]:
    """A GPX file of a participant: so many seconds at one pace."""
    points = [point(second, mps * second) for second in range(0, seconds + 1, 5)]
    # nobody's file is another's
    return {f"{person}/track.gpx": gpx_text(points, sport=sport, creator=f"maker {person}")}


STUDY.add("track", files=track("track", 1200))
STUDY.add("stands", files=track("stands", 1200, mps=0))
STUDY.add("bridge", [Stretch(TRACK, [100] * 6 + [None] + [100] * 6)], files=track("bridge", 13 * 60))


def test_definition_9_a_track_is_observed_walking_for_rules_of_at_most_60_steps(found: Answers) -> None:
    """Six minutes of steps, one of track, six of steps: at 60 one bout of 13; at 100 the track is a hole between 6 and 6."""
    assert [row["walking_source"] for row in found.minutes("bridge")] == ["steps"] * 6 + ["gps"] + ["steps"] * 6
    (bout,) = found.bouts("bridge")
    assert (bout["span_minutes"], bout["active_minutes"], bout["steps"], bout["mean_cadence_spm"]) == (
        13,
        13,
        1200,
        100,
    )
    assert found.bouts("bridge", "walkback-brisk") == []


def test_definition_9_track_minutes_enter_no_cadence_band_or_peak(found: Answers) -> None:
    (bout,) = found.bouts("track")
    assert (bout["steps"], bout["mean_cadence_spm"], bout["peak_cadence_spm"]) == (None, None, None)
    assert bout["active_minutes"] >= 19
    (day,) = found.days("track").values()
    assert (day["minutes_ge_60"], day["peak1_spm"], day["peak30_spm"], day["steps"]) == (0, None, None, None)
    assert day["gps_minutes"] == day["observed_minutes"] >= 19


def test_definition_9_a_track_that_stands_still_is_observed_and_walks_nowhere(found: Answers) -> None:
    assert {row["walking_source"] for row in found.minutes("stands")} == {"gps_still"}
    assert found.bouts("stands") == []
    (day,) = found.days("stands").values()
    assert (day["observed_minutes"], day["walking_minutes"]) == (20, 0)


STUDY.add("proves", [Stretch(TRACK, [0] * 20)], files=track("proves", 1200))
for _name, _steps in {
    "doubts-20": [0] * 20,
    "doubts-3": [90] * 9 + [0] * 3 + [90] * 8,
    "doubts-2": [90] * 9 + [0] * 2 + [90] * 9,
}.items():
    STUDY.add(
        _name,
        [Stretch(TRACK, _steps, device=_name)],
        devices=[{"device_id": _name, "zeros_prove_wear": "false"}],
        files=track(_name, 1200),
    )


def test_definition_9_zeros_that_prove_wear_say_that_a_track_does_not_walk(found: Answers) -> None:
    assert {(row["steps"], row["walking_source"]) for row in found.minutes("proves")} == {(0, "steps")}
    assert found.bouts("proves") == []


def test_definition_9_three_other_zeros_on_a_walking_track_are_not_measured(found: Answers) -> None:
    """20 zeros become NULL and the label holds, and so do three; two zeros in a row are kept."""
    rows = [row for row in found.minutes("doubts-20") if "gps_contradicts_zero" in row["flags"]]
    assert len(rows) >= 19
    assert {(row["steps"], row["walking_source"]) for row in rows} == {(None, "gps")}
    assert len(found.bouts("doubts-20")) == 1
    assert [row["steps"] for row in found.minutes("doubts-3")] == [90] * 9 + [None] * 3 + [90] * 8
    assert [row["steps"] for row in found.minutes("doubts-2")] == [90] * 9 + [0] * 2 + [90] * 9


SECOND = 10 * 3600
RUNS: dict[str, bytes | str] = {
    "runs-activity": fit_bytes.activity(
        fit_bytes.records(range(SECOND, SECOND + 720), cadence=80), fit_bytes.session(SECOND, SECOND + 720, sport=1)
    ),
    "runs-all-day": fit_bytes.monitoring(
        fit_bytes.typed(SECOND, 1, steps=0, active_ms=0),
        fit_bytes.typed(SECOND + 720, 1, steps=1920, active_ms=720_000),
        start=SECOND,
    ),
}
for _name, _file in RUNS.items():
    STUDY.add(_name, files={f"{_name}/run.fit": _file})
STUDY.add("runs-track", files=track("runs-track", 720, mps=3, sport="running"))


@pytest.mark.parametrize("person", [*RUNS, "runs-track"])
def test_definition_9_running_counts_unless_the_protocol_excludes_it(found: Answers, person: str) -> None:
    """Twelve minutes of running, whether an activity file, the all-day record or a track tells of them."""
    running = [row for row in found.minutes(person) if "run" in row["flags"]]
    assert len(running) == 12
    assert {row["walking_source"] for row in running} == {"gps_run" if person == "runs-track" else "steps"}
    (counted,), (excluded,) = (found.days(person, protocol).values() for protocol in ("walkback", "no-running"))
    assert (counted["walking_minutes"], counted["bouts"]) == (12, 1)
    assert (excluded["walking_minutes"], excluded["bouts"]) == (0, 0)
    assert excluded["steps"] == counted["steps"]


STUDY.add(
    "rides",
    [Stretch(TEN, [100] * 40, device="wrist")],
    files={
        "rides/ride.fit": fit_bytes.activity(
            fit_bytes.records(range(SECOND + 600, SECOND + 1200), heart=90),
            fit_bytes.session(SECOND + 600, SECOND + 1200, sport=2),
        )
    },
)


def test_definition_9_while_another_device_rides_no_source_walks(found: Answers) -> None:
    """A pedometer counts 100 for 40 minutes, from 10:10 to 10:20 on a bicycle: walks of 10 and of 20 minutes."""
    riding = [row for row in found.minutes("rides") if "not_on_foot" in row["flags"]]
    assert [row["minute_start"].minute for row in riding] == list(range(10, 20))
    assert [bout["span_minutes"] for bout in found.bouts("rides")] == [10, 20]
    assert found.day("rides")["steps"] == 4000
