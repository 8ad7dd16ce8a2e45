"""What there is to say about a week, in sentences a physiotherapist can follow: the answer, what was asked, why."""

from pipelines.explain.day_words import could_hide_the_rest, minutes_needed, why_not_counted, window
from pipelines.explain.facts import Facts
from pipelines.explain.phrases import count, date_name, day_name, days_named, length, listed, number, sentence

_ANSWERS = {"yes": "Met", "no": "Not met", "unknown": "Nobody can tell"}


def week_words(facts: Facts) -> dict[str, str | list[str]]:
    """answer: one line; asked: what was asked for and who says so; why: the days behind it; notes: what to bear in mind."""
    why = _why_minutes(facts) if facts["rules"]["protocol"]["success"] == "minutes" else _why_days(facts)
    return {"answer": _answer(facts), "asked": _asked(facts), "why": why, "notes": _notes(facts)}


def _in_state(facts: Facts, *states: str | None) -> list[Facts]:
    return [day for day in facts["days"] if day["state"] in states]


def _met(facts: Facts, answer: str) -> list[Facts]:
    return [day for day in _in_state(facts, "valid", "partial", "missing") if day["target_met"] == answer]


def _target(facts: Facts) -> float:
    """The minutes asked for on a day of the week, by the prescription or the protocol."""
    week, protocol = facts["week"], facts["rules"]["protocol"]
    own = week["target_source"] == "prescription"
    return float(week["prescribed_minutes"] if own else protocol["minutes_per_day"])


def _target_days(facts: Facts) -> int:
    week, protocol = facts["week"], facts["rules"]["protocol"]
    return int(week["prescribed_days"] if week["target_source"] == "prescription" else protocol["days_per_week"])


def _answer(facts: Facts) -> str:
    week, protocol = facts["week"], facts["rules"]["protocol"]
    if facts["answer"] is None:
        rest = week["status_reason"] == "rest_prescribed"
        return "Not judged: " + ("no walking was asked for in this week." if rest else "no day of this week counts.")
    eligible = week["eligible_days"]
    part = {7: "", 1: " for the one day that counts"}.get(eligible, f" for the {eligible} days that count")
    part += ", so far" if week["in_progress"] else ""
    answer = f"{_ANSWERS[facts['answer']]}{part}"
    if protocol["success"] == "minutes":
        asked = f"{number(week['target_minutes'])} were asked for"
        unjudged = eligible - week["valid_days"]
        if week["weighted_minutes"] is None:
            return f"{answer}: no walking is known, {asked}, and none of the days can be judged."
        more = f", and {count(unjudged, 'day')} cannot be judged" if facts["answer"] == "unknown" else ""
        return f"{answer}: {count(week['weighted_minutes'], 'minute')} of walking are known, {asked}{more}."
    low, high, asked = week["success_days_lo"], week["success_days_hi"], week["prorated_target_days"]
    minutes = f"{number(_target(facts))} minutes"
    if high == low:
        return f"{answer}: {count(low, 'day')} reached {minutes}; {asked} were asked for."
    # a day that is not known to have reached it is not one that did not
    known = f"{count(low, 'day')} {'is' if low == 1 else 'are'}" if low else "no day is"
    may = f"{high - low} more may have" if low else f"{high} may have"
    return f"{answer}: {known} known to have reached {minutes}, {may}; {asked} were asked for."


def _asked(facts: Facts) -> list[str]:
    week, protocol = facts["week"], facts["rules"]["protocol"]
    minutes, days = number(_target(facts)), _target_days(facts)
    if week["status_reason"] == "rest_prescribed":
        return [f"Rest: {count(days, 'day')} of {minutes} minutes, {_who_says(facts)}."]
    what = {
        "days": f"{minutes} minutes of walking on each of {count(days, 'day')}",
        "sessions": f"one walk of {minutes} minutes on each of {count(days, 'day')}",
        "minutes": f"{number(days * _target(facts))} minutes of walking in the week ({days} times {minutes})",
    }[protocol["success"]]
    sentences = [f"{sentence(what)}, {_who_says(facts)}."]
    if facts["answer"] is None:
        return sentences
    if protocol["grace_minutes"] and protocol["success"] != "minutes":
        least = number(_target(facts) - protocol["grace_minutes"])
        sentences.append(f"{least} are enough: a walk that begins within a minute loses a minute of the grid.")
    if (eligible := week["eligible_days"]) < 7:
        share, of_seven = f"{days} times {eligible}/7", f"{eligible} of the 7 days count{'s' if eligible == 1 else ''}"
        sentences.append(
            f"{of_seven}, so {number(week['target_minutes'])} minutes are asked for ({share})."
            if protocol["success"] == "minutes"
            else f"{of_seven}, so {count(week['prorated_target_days'], 'day')} are asked"
            f" for ({share} is {number(week['target_days'])}, rounded up)."
        )
    if week["prescription_changed"] and week["target_source"] == "prescription":
        sentences.append("Another prescription starts inside the week; the one of its first day holds for all of it.")
    return sentences


def _who_says(facts: Facts) -> str:
    protocol = facts["rules"]["protocol"]
    if facts["week"]["target_source"] == "prescription":
        (held,) = (row for row in facts["prescriptions"] if row["is_in_force"])
        words = f"as prescribed from {date_name(held['valid_from'])} (prescriptions.csv)"
        early = held["valid_from"] > facts["week"]["week_end"]
        return f"{words}; the first prescription holds for the weeks before it too" if early else words
    if protocol["target"] == "fixed":
        return f"the same for everybody under {protocol['protocol_id']}, whatever is prescribed"
    return f"the target of {protocol['protocol_id']}, because prescriptions.csv has none for this participant"


def _named(days: list[Facts], minutes: str) -> str:
    return listed(f"{day_name(day['local_date'])} ({number(day[minutes] or 0)} min)" for day in days)


def _why_days(facts: Facts) -> list[str]:
    week = facts["week"]
    minutes = "longest_bout_minutes" if facts["rules"]["protocol"]["success"] == "sessions" else "walking_minutes"
    sentences = []
    for words, answer in (("Reached on", "yes"), ("Not reached on", "no")):
        if days := _met(facts, answer):
            sentences.append(f"{words} {count(len(days), 'day')}: {_named(days, minutes)}.")
    undecided = _met(facts, "unknown")
    sentences += _undecided(undecided, facts) + _not_counted(facts)
    if facts["answer"] is not None:
        sentences += _settles(week, len(undecided), facts["answer"])
    return sentences


def _settles(week: Facts, undecided: int, answer: str) -> list[str]:
    """What the days that cannot be judged mean for the answer."""
    low, high, asked = week["success_days_lo"], week["success_days_hi"], week["prorated_target_days"]
    if not undecided:
        return []
    if answer == "yes":
        return ["What is not known cannot change the answer any more."]
    if answer == "no":
        return [f"With all that is not known it would be {count(high, 'day')} at most, fewer than {asked}."]
    these = f"of these {undecided} days" if undecided > 1 else "of this 1 day"
    words = f'For "met", {asked - low} {these} must turn out to have reached it'
    if not week["can_resolve_no"]:
        return [f"{words}."]
    return [f'{words}; for "not met", {high - asked + 1} must turn out not to have.']


def _why_minutes(facts: Facts) -> list[str]:
    week, protocol = facts["week"], facts["rules"]["protocol"]
    measured = _in_state(facts, "valid", "partial")
    # no walk in the recorded part of a day is no figure for the day
    told = [day for day in measured if day["state"] == "valid" or day["walking_minutes"]]
    sentences = [f"Walked: {_named(told, 'walking_minutes')}."] if told else []
    if measured and protocol["vigorous_weight"] != 1:
        vigorous = sum(day["vigorous_minutes"] for day in measured)
        sentences.append(
            f"{count(vigorous, 'minute')} of the {number(week['walking_minutes'])} had"
            f" {number(protocol['vigorous_cadence_spm'])} steps or more; such a minute counts"
            f" {number(protocol['vigorous_weight'])} times."
        )
    undecided = _in_state(facts, "partial", "missing")
    sentences += _undecided(undecided, facts) + _not_counted(facts)
    if facts["answer"] == "unknown":
        short = week["target_minutes"] - (week["weighted_minutes"] or 0)
        sentences.append(
            f"{count(short, 'minute')} more would meet it; to say that it was not met, every day must be known."
        )
    elif facts["answer"] == "yes" and undecided:
        sentences.append("What is not known cannot change the answer any more.")
    return sentences


def _undecided(days: list[Facts], facts: Facts) -> list[str]:
    """One sentence for the days that lack the same thing."""
    lacks: dict[str, list[str]] = {}
    for day in days:
        lacks.setdefault(needed(day, facts), []).append(day["local_date"])
    return [f"Cannot tell for {days_named(dates)}: {lack}." for lack, dates in lacks.items()]


def _not_counted(facts: Facts) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for day in _in_state(facts, None, "ineligible"):
        reasons.setdefault(why_not_counted(day, facts), []).append(day["local_date"])
    return [f"Not counted: {days_named(dates)} ({reason})." for reason, dates in reasons.items()]


def needed(day: Facts, facts: Facts) -> str:
    """Why nobody can judge the day, and what would have been needed to judge it."""
    match day["reason"]:
        case "no_data":
            return "no data reached us; an export that holds it would help"
        case "not_worn":
            return "nothing shows that the device was worn; another device's record would help"
        case "coarse_only":
            return "only a total of steps is known, which shows no walks; an export by the minute would help"
        case "activity_only":
            return f"only activities that somebody recorded are known{_so_far(day)}; an all-day record would help"
        case "short_wear":
            short = minutes_needed(day, facts) - day["window_observed_minutes"]
            return (
                f"recorded for {length(day['window_observed_minutes'])} only{_so_far(day)}; {length(short)} more between"
                f" {window(facts)} would help"
            )
    return f"walks shorter than {number(facts['rules']['bout_rule']['min_minutes'])} minutes cannot be seen"


def _so_far(day: Facts) -> str:
    return f", {count(day['walking_minutes'], 'minute')} of walking in that time" if day["walking_minutes"] else ""


def _notes(facts: Facts) -> list[str]:
    week, protocol = facts["week"], facts["rules"]["protocol"]
    notes = []
    hidden = [day for day in facts["days"] if could_hide_the_rest(day, facts)]
    if facts["answer"] == "no" and protocol["success"] != "minutes" and hidden:
        low, high, asked = week["success_days_lo"], week["success_days_hi_window"], week["prorated_target_days"]
        if high >= asked:
            notes.append(
                '"Not met" is by convention, not by proof: on'
                f" {days_named(day['local_date'] for day in hidden)} enough time went unrecorded to hold the rest. With"
                f" what may be hidden there {low} to {high} days reached the target, and nobody could tell."
            )
    if not week["can_resolve_no"]:
        notes.append(
            "What this participant's devices send can show that a target was reached, never that it was not: for want of an"
            ' all-day record the answer is "met" or "nobody can tell".'
        )
    if week["status_reason"] == "coarse_only":
        notes.append("Of all days that cannot be judged only totals are known, in which no walk can be seen.")
    if week["status_reason"] == "rule_coarser_than_prescription":
        notes.append(
            f"Less was asked for than the rule can see (walks from {number(facts['rules']['bout_rule']['min_minutes'])}"
            " minutes on), so no day can be shown to miss the target."
        )
    if week["midnight_sensitive"]:
        notes.append(
            "A walk across midnight decides: counted whole on the date of its start, the answer would be another."
        )
    if week["in_progress"] and facts["publication"]["as_of"]:
        notes.append(
            f"The week is still running: the study's data reach to {date_name(facts['publication']['as_of'])}."
        )
    if len(sources := week["sources"] or []) > 1:
        notes.append(
            f"{count(len(sources), 'device')} gave this week's minutes ({listed(sources)}); each minute is of one of them."
        )
    return notes
