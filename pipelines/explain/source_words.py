"""Where a week's minutes come from in words: devices and files of a day, what was left out, the files themselves."""

from pipelines.explain.facts import Facts
from pipelines.explain.phrases import (
    FLAGS,
    REASONS,
    clock,
    count,
    date_name,
    day_name,
    days_named,
    length,
    listed,
    number,
    said,
)

_WALKING_SOURCES = (
    ("steps_minutes", "with a step count"),
    ("gps_minutes", "known by a track alone: walking"),
    ("gps_run_minutes", "known by a track alone: running"),
    ("gps_still_minutes", "known by a track alone: neither walking nor running"),
    ("unobserved_minutes", "without a value that counts"),
    ("future_minutes", "stamped after the file came"),
)
_KINDS = {"all_day": "all day", "activity": "recorded activity", "track": "track"}


def bout_sentence(bout: Facts, date: str) -> str:
    """Clock times, minutes, steps and cadence of one walk, as far as it lies on the date."""
    where = ""
    if bout["minutes_on_date"] < bout["span_minutes"]:
        other = f"began on {day_name(bout['starts_on'])}" if bout["starts_on"] != date else "goes on after midnight"
        where = f" of a walk of {count(bout['span_minutes'], 'minute')} that {other}"
    pause = bout["span_minutes"] - bout["active_minutes"]
    words = (
        f"{clock(bout['start_local'])} to {clock(bout['end_local'])}: {count(bout['minutes_on_date'], 'minute')}{where}"
    )
    if pause:
        words += f", {count(pause, 'minute')} of pause in it"
    if bout["counted_minutes"] < bout["minutes_on_date"]:
        words += f", {bout['counted_minutes']} count"
    if bout["run_minutes"]:
        words += f", {bout['run_minutes']} of them running"
    if bout["steps"] is None:
        words += "; known by a track alone, without steps"
    else:
        words += f"; {count(bout['steps'], 'step')}, {number(round(bout['mean_cadence_spm']))} a minute"
    return words


def minutes_sentences(facts: Facts) -> list[str]:
    """One sentence for each day, device and file that gave it minutes."""
    files = {file["source_file_id"]: file["file_name"] for file in facts["files"]}
    return [
        f"{day_name(day['local_date'])}: {_minutes(part, files)}" for day in facts["days"] for part in day["minutes"]
    ]


def _minutes(part: Facts, files: dict[str, str]) -> str:
    """How many minutes one file of one device gave to a day, by what they say, and what is to know about them."""
    kind = said(_KINDS, part["recording_kind"])
    words = f"{part['device_id']} ({kind}), file {files.get(part['source_file_id'], part['source_file_id'][:12])}: "
    words += listed(f"{count(part[name], 'minute')} {what}" for name, what in _WALKING_SOURCES if part[name])
    notes = []
    if part["several_sources_minutes"]:
        note = f"{number(part['several_sources_minutes'])} also recorded by another device"
        if part["disagreement_minutes"]:
            note += (
                f", which counted otherwise in {number(part['disagreement_minutes'])},"
                f" by up to {count(part['largest_disagreement'], 'step')}"
            )
        notes.append(note)
    notes += [f"{count(n, 'minute')}: {said(FLAGS, flag)}" for flag, n in sorted((part["flags"] or {}).items())]
    return words + (f". {'; '.join(notes)}." if notes else ".")


def left_out_sentences(facts: Facts) -> list[str]:
    """One sentence for each reason, device and file, over the days of the week."""
    files = {file["source_file_id"]: file["file_name"] for file in facts["files"]}
    groups: dict[tuple[str, ...], list[Facts]] = {}
    for row in facts["left_out"]:
        key = (row["what"], row["reason"], row["device_id"] or "", row["source_file_id"] or "", row["detail"] or "")
        groups.setdefault(key, []).append(row)
    sentences = []
    for (what, reason, device, file, detail), rows in groups.items():
        whence = listed([*([device] if device else []), *([f"file {files.get(file, file[:12])}"] if file else [])])
        sentences.append(
            f"{whence or 'Somewhere'}: {_how_much(what, rows)}: {said(REASONS, reason)}{detail and f' ({detail})'}."
        )
    return sentences


def _how_much(what: str, rows: list[Facts]) -> str:
    n = sum(row["n"] for row in rows)
    if what in ("minute", "minutes"):
        steps = sum(row["steps"] or 0 for row in rows)
        stated = f" with {count(steps, 'step')}" if any(row["steps"] is not None for row in rows) else ""
        dates = sorted({row["local_date"] for row in rows})
        return f"{length(n) if n >= 60 else count(n, 'minute')}{stated} on {days_named(dates)}"
    first, last = min(row["first_at"] for row in rows), max(row["last_at"] for row in rows)
    totals = f"{count(n, what.removesuffix('s'))} in the whole file"
    return f"{totals}, {date_name(first[:10])} to {date_name(last[:10])} (UTC)"


def file_sentences(facts: Facts) -> list[str]:
    """One paragraph for each file that bears on the week."""
    paragraphs = []
    for file in facts["files"]:
        read_by = file["dialect"] or file["connector"]
        words = f"{file['file_name']}: {read_by}"
        words += f", {listed(file['devices'])}" if file["devices"] else ""
        words += (
            f"; {count(file['minutes_in_week'], 'minute')} of this week; received {date_name(file['received_at'][:10])}"
        )
        words += f", {count(file['receipts'], 'time')}" if file["receipts"] > 1 else ""
        if file["rows_read"] is not None and file["rows_kept"] is not None:
            words += f"; {count(file['rows_read'], 'row')} read, {count(file['rows_kept'], 'value')} kept"
        words += f". {file['reason']}" if file["reason"] else ""
        paragraphs.append(words.rstrip(".") + ".")
    return paragraphs


def waiting_sentences(facts: Facts) -> list[str]:
    """Files that may be this participant's and could not be used; they might hold days that nobody can judge."""
    return [
        f"{file['file_name']}, {file['status']}, received {date_name(file['received_at'][:10])}. {file['reason'] or ''}".strip()
        for file in facts["waiting_files"]
    ]
