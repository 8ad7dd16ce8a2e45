"""Everything behind one week, as the published file tells it: the structure that `explain --format json` prints."""

import datetime as dt
from pathlib import Path
from typing import Any

from pipelines.errors import FootfallError
from pipelines.explain.questions import BEHIND_THE_WEEK
from warehouse.research import query

Facts = dict[str, Any]

_DAY = dt.timedelta(days=1)


def facts_of_week(database: Path, participant: str, week: int, protocol: str) -> Facts:
    """The week's row with its answer, its seven days with their bouts and minutes, the files and the rules.

    Instants are ISO 8601 in UTC; keys that end in _local are the participant's clock, with its offset from UTC. Of days and
    weeks nothing is computed here: every number stands in the published file, or is a count of its minutes.
    Raises FootfallError for a participant, week or protocol that is not there, naming those that are.
    """
    values: dict[str, str | int] = {"participant": participant, "protocol": protocol, "week": week}
    answer = query(database, BEHIND_THE_WEEK, values)
    parts = {name: rows or [] for name, rows in zip(answer.columns, answer.rows[0], strict=True)}
    if not parts["week"]:
        raise FootfallError(_what_exists(parts, participant, week, protocol))
    for name in ("recorded", "bouts", "ranges"):
        parts[name] = [_on_the_clock(row) for row in parts[name]]
    (row,), (person,), (publication,) = parts["week"], parts["person"], parts["publication"]
    days = _days(row, person, publication, parts)
    for prescription in parts["prescriptions"]:
        prescription["is_in_force"] = prescription is _in_force(parts["prescriptions"], row, days)
    return {
        "participant_id": participant,
        "protocol_id": protocol,
        "week_number": week,
        "answer": row["answer"],
        "answered_for": row["answer"] and ("week" if row["eligible_days"] == 7 else "part_of_week"),
        "week": row,
        "person": person,
        "prescriptions": parts["prescriptions"],
        "outcomes": parts["outcomes"],
        "days": days,
        "left_out": parts["left_out"],
        "files": parts["files"],
        "waiting_files": parts["waiting_files"],
        "devices": parts["devices"],
        "rules": {
            "protocol": parts["protocol"][0],
            "bout_rule": parts["bout_rule"][0],
            "wear_rule": parts["wear_rule"][0],
        },
        "publication": publication,
    }


def _what_exists(parts: dict[str, list[Facts]], participant: str, week: int, protocol: str) -> str:
    """What is not there, the first of participant, protocol and week, and what there is instead."""
    people = [row["participant_id"] for row in parts["people"]]
    protocols = [row["protocol_id"] for row in parts["protocols"]]
    if participant not in people:
        return f"expected a participant of this study; found {participant!r}. There are {_some(people)}."
    if protocol not in protocols:
        return (
            f"expected a protocol of the published weeks; found {protocol!r}. There are {_some(protocols)}; a protocol"
            " that study.toml has only just come to list has weeks after the next `footfall ingest`."
        )
    if not parts["weeks"]:
        return (
            f"expected a participant with weeks; found that {participant} has none under {protocol}: no date of theirs"
            " counts yet. Check the start_date in participants.csv, and `footfall status` for what arrived."
        )
    first, last = parts["weeks"][0], parts["weeks"][-1]
    return (
        f"expected a week of {participant} under {protocol}; found {week}. There are weeks {first['week_number']} to"
        f" {last['week_number']}, from {first['week_start']} to {last['week_end']}."
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "") if names else "none"


def _on_the_clock(row: Facts) -> Facts:
    """The row with start and end as instants and on the participant's clock, by the offsets of its first and last minute."""
    start, end = row.pop("start"), row.pop("end_")
    first = row.pop("start_offset")
    return row | {
        "start": start,
        "end": end,
        "start_local": local_clock(start, first),
        "end_local": local_clock(end, row.pop("end_offset")),
    }


def local_clock(instant: str, offset_minutes: int) -> str:
    """An ISO instant on a clock that is so many minutes before UTC, in ISO 8601 with that offset."""
    zone = dt.timezone(dt.timedelta(minutes=offset_minutes))
    return dt.datetime.fromisoformat(instant).astimezone(zone).isoformat(timespec="minutes")


def _days(week: Facts, person: Facts, publication: Facts, parts: dict[str, list[Facts]]) -> list[Facts]:
    """The seven dates in order, each with what was recorded, its bouts and their ranges, and its minutes by file."""
    start = dt.date.fromisoformat(week["week_start"])
    rows = {row["local_date"]: row for row in parts["days"]}
    days = []
    for date in (start + _DAY * n for n in range(7)):
        key = date.isoformat()
        row = rows.get(key) or {"local_date": key, "state": None, "reason": _why_no_row(key, person, publication)}
        bouts = [_drop(bout, "local_date") for bout in parts["bouts"] if bout["local_date"] == key]
        for bout in bouts:
            bout["ranges"] = [
                _drop(one, "local_date", "bout_start")
                for one in parts["ranges"]
                if (one["local_date"], one["bout_start"]) == (key, bout["bout_start"])
            ]
        days.append(
            row
            | {
                "weekday": date.strftime("%A"),
                "recorded": [_drop(one, "local_date") for one in parts["recorded"] if one["local_date"] == key],
                "bouts": bouts,
                "minutes": [_drop(one, "local_date") for one in parts["minutes"] if one["local_date"] == key],
            }
        )
    return days


def _drop(row: Facts, *names: str) -> Facts:
    return {name: value for name, value in row.items() if name not in names}


def _why_no_row(date: str, person: Facts, publication: Facts) -> str:
    """Why a date of the week is none of the participant's dates."""
    if person["start_date"] and date < person["start_date"]:
        return "before_start"
    if person["end_date"] and date > person["end_date"]:
        return "after_end"
    if publication["as_of"] and date > publication["as_of"]:
        return "after_as_of"
    return "outside_data"


def _in_force(prescriptions: list[Facts], week: Facts, days: list[Facts]) -> Facts | None:
    """The prescription that holds for the week: the last one valid on its first day that counts, else the first of all."""
    eligible = [day["local_date"] for day in days if day["state"] not in (None, "ineligible")]
    first = min(eligible, default=week["week_start"])
    rows = sorted(prescriptions, key=lambda row: str(row["valid_from"]))
    return next((row for row in reversed(rows) if row["valid_from"] <= first), rows[0] if rows else None)
