"""What there is to say about one day, in sentences; what is missing is never said to be zero."""

from pipelines.explain.facts import Facts
from pipelines.explain.phrases import NOT_COUNTED, clock, count, date_name, length, number, said, sentence

#: One word or two for a day, in front of its sentences.
_MARKS = {"yes": "reached", "no": "not reached", "unknown": "cannot tell"}
#: What is recorded of a day, where its reason says it all.
_UNRECORDED = {
    "no_data": "No data reached us: whether there was a walk is not known.",
    "not_worn": "Only long runs of zeros came, and they do not show that the device was worn: nothing is known.",
    "activity_only": "Only activities that somebody recorded are known; nothing recorded the rest of the day.",
    "declared_complete": "The study says that every walk is recorded as an activity, so a day without one counts as known.",
}
_STATES = {"valid": "recorded", "partial": "partly recorded", "missing": "no data"}


def mark(day: Facts, rules: Facts) -> str:
    """What became of the day: reached, not reached, cannot tell; under a weekly target, how much of it is known."""
    if day["state"] in (None, "ineligible"):
        return "does not count"
    if day["target_met"] is None or rules["protocol"]["success"] == "minutes":
        return _STATES[day["state"]]
    return _MARKS[day["target_met"]]


def day_sentences(day: Facts, facts: Facts) -> list[str]:
    """Why the day is what it is: what was recorded, what was walked against what was asked for, what is unusual."""
    if day["state"] in (None, "ineligible"):
        return [f"This day does not count: {why_not_counted(day, facts)}.", *_measured_all_the_same(day)]
    sentences = [*_clock(day, facts), *_recorded(day, facts)]
    if day["state"] != "missing":
        sentences += _walked(day, facts)
    if day["steps_unplaced"]:
        sentences.append(f"{count(day['steps_unplaced'], 'step')} more are known for the day, not for its minutes.")
    if day["state"] == "missing" and day["steps_reported"] and day["reason"] != "coarse_only":
        sentences.append(f"A total of {count(day['steps_reported'], 'step')} was reported besides; it shows no walks.")
    return sentences


def why_not_counted(day: Facts, facts: Facts) -> str:
    """The reason of a day that does not count, with the entry that says so."""
    words, date = said(NOT_COUNTED, day["reason"]), day["local_date"]
    kind = {"excused": "excused", "withdrawn": "withdrawal", "after_death": "death"}.get(day["reason"])
    for entry in facts["outcomes"]:
        last = entry["end_date"] or entry["date"]
        if entry["kind"] != kind or (kind == "withdrawal" and entry["value"] != "data"):
            continue
        if kind != "excused" and entry["date"] < date:
            return f"{words}, outcomes.csv: {date_name(entry['date'])}"
        if kind == "excused" and entry["date"] <= date <= last:
            until = f" to {date_name(last)}" if last != entry["date"] else ""
            return f"{words}, outcomes.csv: {date_name(entry['date'])}{until}"
    return words


def _measured_all_the_same(day: Facts) -> list[str]:
    if not day.get("observed_minutes"):
        return []
    walked = (
        f"{count(day['walking_minutes'], 'minute')} of walking" if day["walking_minutes"] else "no walk that counts"
    )
    return [f"It was recorded all the same ({walked}); that does not enter the answer."]


def _clock(day: Facts, facts: Facts) -> list[str]:
    """What is unusual about the date's zone or length; nothing on most days."""
    sentences = []
    home, zone, minutes = facts["person"]["time_zone"], day["time_zone"], day["day_length_minutes"]
    if zone and zone != home:
        sentences.append(f"Away from home: clock times are those of {zone}.")
    if minutes and minutes != 1440:
        why = "The clocks were changed" if zone == home and abs(minutes - 1440) <= 60 else "Travel moved the clock"
        sentences.append(f"{why}: this date had {length(minutes)}.")
    return sentences


def window(facts: Facts) -> str:
    """The hours in which wear is judged: 06:00 and 23:00."""
    rule = facts["rules"]["wear_rule"]
    return f"{rule['day_from']} and {rule['day_to']}"


def minutes_needed(day: Facts, facts: Facts) -> float:
    """Recorded minutes inside the window from which the day can be judged either way; in proportion to a short window."""
    rule = facts["rules"]["wear_rule"]
    (from_hour, from_minute), (to_hour, to_minute) = (
        map(int, rule[name].split(":")) for name in ("day_from", "day_to")
    )
    whole = (to_hour - from_hour) * 60 + to_minute - from_minute
    return float(rule["valid_day_minutes"] * min(whole, day["window_minutes"]) / whole)


def _recorded(day: Facts, facts: Facts) -> list[str]:
    if day["reason"] in _UNRECORDED:
        return [_UNRECORDED[day["reason"]]]
    if day["reason"] == "coarse_only":
        return [f"Only a total of {count(day['steps_reported'], 'step')} is known, which shows no walks."]
    seen, between = length(day["window_observed_minutes"]), f"between {window(facts)}"
    if day["reason"] == "short_wear":
        if day["target_met"] == "yes":
            return [f"Recorded for {seen} {between}{_when(day)}."]
        least = length(minutes_needed(day, facts))
        return [f"Recorded for {seen} {between}{_when(day)}; {least} are needed before a day can count as not reached."]
    return [f"Recorded for {seen} of the {length(day['window_minutes'])} {between}."]


def _when(day: Facts) -> str:
    """When it was recorded, where that is a few stretches and no scatter."""
    stretches = [f"{clock(one['start_local'])} to {clock(one['end_local'])}" for one in day["recorded"]]
    return f" (in all {', '.join(stretches)})" if 1 <= len(stretches) <= 3 else ""


def _walked(day: Facts, facts: Facts) -> list[str]:
    protocol, asked = facts["rules"]["protocol"], day["target_minutes"]
    walked = day["walking_minutes"]
    if protocol["success"] == "sessions":
        longest = day["longest_bout_minutes"] or 0
        words = f"the longest walk took {count(longest, 'minute')}" if longest else "no walk that counts was found"
        enough = longest
    else:
        words = f"{count(walked, 'minute')} of walking" if walked else "no walk that counts was found"
        enough = walked
    if asked is None or protocol["success"] == "minutes":
        return [f"{sentence(words)}."]
    if day["target_met"] == "yes":
        forgiven = "" if enough >= asked else f" ({count(protocol['grace_minutes'], 'minute')} forgiven)"
        return [f"{sentence(words)}, {number(asked)} were asked for: reached{forgiven}."]
    if day["target_met"] == "no":
        return [f"{sentence(words)}, {number(asked)} minutes were asked for: not reached.", *_could_hide(day, facts)]
    if day["state"] == "valid":
        shortest = number(facts["rules"]["bout_rule"]["min_minutes"])
        return [
            f"{sentence(words)}, {number(asked)} were asked for; walks of less than {shortest} minutes cannot be seen,"
            " so the day cannot be shown to miss its target."
        ]
    return [f"In that time: {words}, {number(asked)} minutes were asked for; the rest of the day is not known."]


def could_hide_the_rest(day: Facts, facts: Facts) -> bool:
    """Whether a day that counts as not reached was unrecorded for long enough that the target may have been reached."""
    if day["state"] != "valid" or day["target_met"] != "no":
        return False
    unseen = day["window_minutes"] - day["window_observed_minutes"]
    possible = day["walking_minutes"] + unseen + facts["rules"]["protocol"]["grace_minutes"]
    return bool(possible >= day["target_minutes"])


def _could_hide(day: Facts, facts: Facts) -> list[str]:
    if not could_hide_the_rest(day, facts):
        return []
    unseen = day["window_minutes"] - day["window_observed_minutes"]
    return [f"For {length(unseen)} nothing was recorded, so this is a convention and no proof."]
