"""The draft of a dialect: what was found as TOML, what it rests on as comments, what stays open as questions."""

import dataclasses
import re
import tempfile
from pathlib import Path

import polars as pl

from connectors.dialect import Dialect, Match
from connectors.dialect_file import load
from connectors.draft import Draft, words
from connectors.draft.findings import Count, Findings
from connectors.draft.writing import Toml, choice, listed, pattern, quoted
from connectors.errors import UnknownFormatError
from connectors.pedometer_csv.head import lay_out

#: with so few columns a table of something else may have these names too
_FEW_NAMES = 5
_NAMED_CELLS = 3
_DAY = 86_400
#: numbered columns that look like the intervals of one row
_MANY_COLUMNS = 12
_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SERIAL = re.compile(r"(?i)(serial[^:=,;\t]*|seriennummer|numéro de série|device id)\s*[:=,;\t]\s*\"?([\w-]+)")


def propose(found: Findings, dialects: dict[str, Dialect], file_names: tuple[str, ...]) -> Draft:
    """The draft; UnknownFormatError if nothing could be steps."""
    _refuse_without_steps(found)
    out = Toml()
    _top(out, found)
    captures = _match(out, found, dialects, file_names)
    _columns(out, found)
    _device(out, found, captures)
    _time(out, found)
    _interval(out, found)
    _number(out, found)
    _value(out, found)
    made = Draft(out.text(), out.questions)
    _refuse_unfit(made, found, file_names)
    return made


def _refuse_without_steps(found: Findings) -> None:
    if found.length.rule == "fixed" and found.length.seconds > _DAY:
        raise UnknownFormatError(
            found.table.path,
            expected="rows of a day or less",
            found=f"rows {_seconds(found.length.seconds)} apart",
            todo="Such rows are sums or means of many days: export a shorter range, or the days.",
        )
    if found.steps or (found.candidates and any(found.counts[n].kind != "day_total" for n in found.candidates)):
        return
    path = found.table.path
    if found.candidates:
        raise UnknownFormatError(
            path,
            expected="steps of each row",
            found=f"{listed(found.candidates)}, which repeats one number in all rows of a day",
            todo="It is the day's total and must never be added up: export the daily table, or the minutes.",
        )
    raise UnknownFormatError(
        path,
        expected="a column of whole numbers that could be steps",
        found="none",
        todo="Export it with steps included; a column named steps may hold fractions too.",
    )


def _refuse_unfit(made: Draft, found: Findings, file_names: tuple[str, ...]) -> None:
    """Nothing; raises if the draft cannot be loaded or does not claim its file, which is an error of this package."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.toml"
        path.write_text(made.toml, encoding="utf-8")
        layout = lay_out(load(path), found.table.head, file_names)
    if layout is None or layout.first_row != found.table.header.at + 1:
        raise UnknownFormatError(
            found.table.path,
            expected="a table that a dialect can describe",
            found="one whose header line cannot be told from the lines above it",
        )


def _top(out: Toml, found: Findings) -> None:
    table, length = found.table, found.length
    out.note(
        f"A draft by `footfall dialect draft` from one file with {table.rows.height:,} rows. Read every comment: it says on"
        " what a line rests. Answer each QUESTION, correct the line below it, and remove the comment; until then the careful"
        " choice is set. Then save it in the study's folder dialects/ and look at `footfall dialect check FILE`."
    )
    out.question("what is this export? The title is shown to people; the source should say how to get the file.")
    out.key("title", f"Table with {', '.join(table.names[:4])}")
    out.key("evidence", "file")
    out.key("source", "fill in: the device, its program and the menu that wrote the file")
    if length.rule == "fixed":
        out.note(f"Rests on the commonest step between rows, {_seconds(length.seconds)}.")
    else:
        out.note(
            f"Rests on the longest row, {_seconds(length.longest)}; the commonest length is {_seconds(length.seconds)}."
        )
    if length.resolution == "any":
        out.question(
            'are rows over a minute stretches of walking, as long as something was going on? Then "event" takes those of up'
            ' to 11 minutes for walking. With "any" rows of up to 60 s become minutes and longer ones are totals only.'
        )
    elif length.resolution in ("hour", "day"):
        out.note("Rows longer than a minute are totals: they never show for how long somebody walked.")
    out.key("resolution", length.resolution)
    if found.private:
        out.note("By their names these columns hold places, names or birth dates. They are never read or stored.")
        out.key("drop", [choice(name) for name in found.private])


def _match(out: Toml, found: Findings, dialects: dict[str, Dialect], file_names: tuple[str, ...]) -> bool:
    """Writes match, text and preamble; True if a serial number is captured."""
    table = found.table
    names = [name for name in dict.fromkeys(table.header.names) if name or name in table.names]
    out.table("match")
    out.note("All column names of this file. Strike those that other files of this export may lack.")
    out.key("header", [choice(name) for name in names])
    if len(names) <= _FEW_NAMES:
        out.note(
            "With so few columns any further one shows another table. Strike this if other files have more columns."
        )
        others = "|".join(pattern(name) for name in names if name)
        out.key("without", [f"/(?!({others})$).+/"])
    if shared := _sharing(found, dialects):
        out.note(
            f"The dialect {', '.join(shared)} knows tables with these columns: the file's name tells this one apart."
            " Strike from it what only this file has."
        )
        out.key("file_name", _name_pattern(file_names[0]))
    out.table("text")
    out.note(
        f"This file: {_SIGNS.get(table.header.delimiter, table.header.delimiter)} between columns, {table.head.encoding}."
        " Any encoding that the reader knows is taken. List further delimiters if other files have them."
    )
    out.key("delimiters", [table.header.delimiter])
    return _preamble(out, found)


def _preamble(out: Toml, found: Findings) -> bool:
    table = found.table
    above = table.head.lines[table.header.first : table.header.at]
    if not above:
        return False
    out.table("preamble")
    out.note(
        f"{len(above)} lines stand above the header; lines are skipped until the one that begins so, however many there are."
    )
    out.key("until", _header_pattern(found))
    serial = next((hit for line in above if (hit := _SERIAL.search(line))), None)
    if serial:
        out.note(
            "A line above the table states a serial number: it tells one device from another. Check that it is one."
        )
        word = pattern(serial[1].strip().lower())
        out.key("captures", [rf"(?i){word}\s*[:=,;\t]\s*\"?(?P<serial>[\w-]+)".replace('\\"', '"')])
    else:
        out.question(
            "do the lines above the table state a serial number, an epoch length or a date order? A capture can use them:"
            " captures = ['Serial: (?P<serial>\\w+)'] and serial = \"{serial}\" under [device]."
        )
    return serial is not None


def _header_pattern(found: Findings) -> str:
    """A regular expression for the header line that no line above it has."""
    table = found.table
    line = table.head.lines[table.header.at].strip("\ufeff")
    above = table.head.lines[table.header.first : table.header.at]
    cells = line.split(table.header.delimiter)
    for count in (min(_NAMED_CELLS, len(cells)), len(cells)):
        found_pattern = "^" + pattern(table.header.delimiter.join(cells[:count]))
        if not any(re.search(found_pattern, other) for other in above):
            return found_pattern
    return found_pattern + "$"


def _sharing(found: Findings, dialects: dict[str, Dialect]) -> list[str]:
    """Dialects that would claim the file but for its name, its first line or the way it is written."""
    shared = []
    for name, dialect in dialects.items():
        match = dialect.match
        loose = dataclasses.replace(dialect, match=Match(match.header, match.without))
        if match.header and lay_out(loose, found.table.head, ("",)) is not None:
            shared.append(name)
    return shared


def _name_pattern(name: str) -> str:
    """A regular expression for names like this one: any numbers in place of its own, no folder."""
    base = re.split(r"[/\\]", name)[-1].lower()
    stem = re.sub(r"\.(csv|txt|tsv|tab)$", "", base)
    return re.sub(r"\d+", lambda _: r"\d+", pattern(stem)).replace(" ", r"\s")


def _columns(out: Toml, found: Findings) -> None:
    out.table("columns")
    _steps_column(out, found)
    for name in (n for n, count in found.counts.items() if count.kind == "day_total"):
        same, days = found.counts[name].is_sum_on
        proof = f" On {same} of {days} days it is the sum of another column." if same else ""
        out.note(f"`{name}` repeats one number in all rows of a day: the day's total, never to be added.{proof}")
    if found.participant:
        many = found.table.rows[found.participant].n_unique()
        out.note(f"Rests on its name, and on {many} ids in all rows. Check that these are the study's ids.")
        out.key("participant", [choice(found.participant)])
    if found.device:
        out.note(f"Rests on its name, and on {found.table.rows[found.device].n_unique()} texts in all rows.")
        out.key("device", [choice(found.device)])
    if found.distance:
        out.note("Rests on its name. Check that these are metres.")
        out.key("distance_m", [choice(found.distance)])
    if found.heart_rate:
        out.note("Rests on its name.")
        out.key("heart_rate_bpm", [choice(found.heart_rate)])
    if far := [n for n in found.frame.columns if words.DISTANCE.search(n) and n != found.distance]:
        out.note(f"{listed(far)} is a distance by its name, but not in metres: not read.")
    if found.labels:
        out.note(
            f"{listed(found.labels)} repeats few texts: participant or device, if it tells people or devices apart."
        )
    if not found.participant:
        out.question(
            "whose file is it? No column says so by its name; then its folder or devices.csv must. If the file's name says"
            " it: file_name = '^(?P<participant>P\\d+)' under [participant]."
        )


def _steps_column(out: Toml, found: Findings) -> None:
    others = [name for name in found.candidates if name != found.steps]
    if not found.steps:
        out.question(
            f"which column counts the steps: {listed(others)}? Until one is written here, reading refuses the file. Never"
            " take one that is part of another, such as aerobic steps beside all steps."
        )
        if len(numbered := [name for name in others if re.search(r"\d", name)]) >= _MANY_COLUMNS:
            out.note(
                f"{len(numbered)} of these are numbered: if each row holds many intervals, take [wide] with pattern ="
                f" '{re.sub(chr(92) + 'd+', lambda _: '(' + chr(92) + 'd+)', pattern(numbered[0]), count=1)}' instead of steps."
            )
        out.key("steps", ["fill in the column of steps"])
        return
    if words.STEPS.search(found.steps):
        out.note("Rests on its name.")
    else:
        out.note("Rests on being the only column of whole numbers that change; its name does not say steps. Check it.")
    if others:
        out.note(f"Alternatives: {listed(others)}. Never two of them: one may be part of the other.")
    out.key("steps", [choice(found.steps)])


def _device(out: Toml, found: Findings, captured: bool) -> None:
    out.table("device")
    out.question("which device is it? Write its maker and model; device_class is research, watch, phone or pedometer.")
    out.key("manufacturer", "unknown")
    out.key("model", "unknown")
    if captured:
        out.key("serial", "{serial}")
    out.key("device_class", "pedometer")
    out.question(f"does a 0 show that the device was worn? {_zeros(found)}A device in a drawer counts 0 as well.")
    out.key("zeros_prove_wear", value=False)
    if found.device:
        out.note(
            'The device column may hold a person\'s name ("Anna\'s phone"): only a hash is kept; "as_written" for ids.'
        )
        out.key("label", "hashed")


def _zeros(found: Findings) -> str:
    if not found.steps:
        return ""
    values = found.frame[found.steps].drop_nulls()
    zeros = int((values == 0).sum())
    return f"{zeros:,} of {len(values):,} rows of this file have 0. " if zeros else "No row of this file has 0. "


def _time(out: Toml, found: Findings) -> None:
    when, form = found.times, found.form
    out.table("time")
    if when.others:
        out.note(f"Further columns of times, not read: {listed(when.others)}.")
    for key in ("stamp", "date", "clock", "end_stamp", "end_date", "end_clock"):
        if (name := getattr(when, key)) is not None:
            out.key(key, [choice(name)])
    _zone(out, found)
    formats = list(form.formats)
    if when.end_stamp is not None:
        formats += [f for f in when.forms[when.end_stamp].formats if f not in formats]
    _say_what_fits(out, found)
    out.key("formats", formats)
    _date_order(out, found)
    if aligned := _DAY if found.is_day_label else found.aligned:
        out.note(f"Every row starts on a whole multiple of {_seconds(aligned)}; one that does not is an error.")
        out.key("aligned_seconds", aligned)


def _say_what_fits(out: Toml, found: Findings) -> None:
    rows = found.table.rows
    left = rows.filter(~pl.col("LINE").is_in(found.frame["LINE"].implode()))
    if not left.height:
        out.note(f"Strict: all {rows.height:,} rows have one of these forms.")
        return
    out.question(
        f"what are the {left.height:,} of {rows.height:,} rows whose time has none of these forms, the first in line"
        f" {left['LINE'][0]}? The file is refused if they are more than 1 %. If they are totals or remarks, a condition at the"
        " top leaves them out, such as: keep = [{ column = [\"date\"], matches = '\\d.*' }]"
    )


def _zone(out: Toml, found: Findings) -> None:
    form = found.form
    if found.is_day_label:
        out.note(
            "Each stamp is a day's midnight with a mark of its zone: it labels the participant's day, so its date is taken as"
            " written."
        )
        out.key("zone", "local")
        return
    if form.zone == "offset":
        out.note(
            'Each stamp has its offset from UTC, so the instant is known. "local" reads the clock as it is written instead.'
        )
    elif found.named_zone:
        out.note("The column's name says UTC or GMT. Check a known walk.")
        out.key("zone", "utc")
        return
    elif form.zone == "utc" and form.is_counted:
        out.question(
            "do the numbers count from 1970 in UTC, as such numbers should? Some programs count in the local clock; compare a"
            ' known walk, or look at which hours are still. If local: zone = "local".'
        )
    elif form.zone == "utc":
        out.note("Each stamp is marked as UTC. Check a known walk: some programs write Z behind the local clock.")
    else:
        out.question(
            'whose clock is it? Nothing in the stamps says so. "local" is the participant\'s clock; "utc" if the program'
            " writes UTC. Look at which hours are still, or compare a known walk."
        )
    out.key("zone", form.zone)


def _date_order(out: Toml, found: Findings) -> None:
    form = found.form
    if form.order in ("day_first", "month_first"):
        out.note(
            f'Proved by this file: {form.proof}. If files come from accounts of several countries, write "proved": then each'
            " file must prove its own order."
        )
        out.key("date_order", form.order)
    elif form.order == "proved":
        hint = (
            f" The rows follow each other without months between them only if read {found.runs_on}."
            if found.runs_on
            else ""
        )
        why = form.proof or "no number over 12 shows it"
        out.question(
            f'day or month first? In this file {why}.{hint} Write "day_first" or "month_first" if you know it. With "proved"'
            " a file that does not show its order is refused, never guessed."
        )
        if form.other and not any("{date}" in one for one in form.formats):
            out.note(f"The formats above read {form.formats[0]}; the other order would be {form.other[0]}.")
        out.key("date_order", "proved")
    elif form.proof:
        out.note(f"The order of the date is written out in the formats: {form.proof}.")


def _interval(out: Toml, found: Findings) -> None:
    length = found.length
    out.table("interval")
    if length.rule == "end":
        out.note(f"Each row says when it ends. {length.share:.0%} of the rows last {_seconds(length.seconds)}.")
        out.key("rule", "end")
    elif length.rule == "duration":
        out.key("rule", "duration")
        out.key("duration", [choice(length.column)])
        if length.is_unit_known:
            out.note("Rests on how far rows are apart, or on how the cells are written.")
        else:
            out.question("seconds, milliseconds or minutes? Rows are not as far apart as any of them says.")
        out.key("unit", length.unit)
    elif _is_running(found):
        out.note("A running count, read at a time, tells what was walked since the reading before.")
        out.key("rule", "since_previous")
    else:
        _fixed(out, found)


def _fixed(out: Toml, found: Findings) -> None:
    length = found.length
    if not length.seconds:
        out.question("how long is a row? The file has no two rows that show it. A whole day is the careful choice.")
        out.key("seconds", _DAY)
        return
    out.note(
        f"{length.share:.1%} of the steps from row to row are {_seconds(length.seconds)}; {length.gaps:,} are longer."
    )
    if length.resolution != "day":
        out.question("does the time say when a row begins, or when it ends? It is read as the beginning.")
    out.key("seconds", length.seconds)


def _is_running(found: Findings) -> bool:
    return bool(found.steps) and found.counts[found.steps].kind == "cumulative"


def _number(out: Toml, found: Findings) -> None:
    rule = found.rule
    out.table("number")
    if rule.decimal == ",":
        out.note(f"Rests on numbers such as {found.numbers.decimal_example}." if found.numbers.decimal_example else "")
    out.key("decimal", rule.decimal)
    if rule.thousands:
        out.note(f"Rests on numbers such as {found.numbers.thousands_example}: check that these are thousands.")
        out.key("thousands", rule.thousands)
    if rule.null:
        told = ", ".join(f"{word} ({count:,} cells)" for word, count in sorted(found.numbers.nothing.items()))
        out.note(f"Read as not measured, like an empty cell: {told}.")
        out.key("null", rule.null)
    if found.steps and (other := found.numbers.other.get(found.steps)):
        out.note(f"{other:,} further cells of the steps are no numbers; such rows are left out if they are few.")


def _value(out: Toml, found: Findings) -> None:
    count = found.counts.get(found.steps)
    out.table("value")
    if count is not None:
        _kind(out, count)
    if words.STRIDES.search(found.steps):
        out.note("The name says strides, which are two steps each. Check it.")
        out.key("factor", 2)
    else:
        out.question("are both feet counted? A device that counts strides of one leg needs factor = 2.")
        out.key("factor", 1)
    out.note('A 0 is measured, and none. If this export writes 0 where nothing was measured: "unknown".')
    out.key("zero_means", "measured")
    if found.length.rule != "fixed" or found.length.gaps:
        out.question(
            "what does a missing row mean: not worn, or no steps? If the device writes rows only for minutes with steps,"
            ' "zero_between_rows". Until then it is unknown.'
        )
    out.key("absent_means", "unknown")
    if found.steps and bool((found.frame[found.steps] < 0).any()):
        out.question("what is a number below 0? Until it is known, it is read as not measured.")
        out.raw(f"not_measured = [{{ column = [{quoted(choice(found.steps))}], matches = '-.*' }}]")
    _repeats(out, found)


def _repeats(out: Toml, found: Findings) -> None:
    key = [name for name in found.frame.columns if name.startswith("KEY")] + ["START"]
    kinds = found.frame.group_by(key).agg(pl.col(found.steps).n_unique().alias("kinds")) if found.steps else None
    twice = 0 if kinds is None or found.length.rule != "fixed" else int((kinds["kinds"] > 1).sum())
    if twice:
        out.question(
            f"why do {twice:,} times occur again with other steps? A column may tell devices or people apart, or a clock was"
            ' put back. With "refuse" such a file is refused; "keep_last" takes the last row, "keep_max" the largest.'
        )
    else:
        out.note("Rows of one time that differ: refuse the file. Equal rows count once.")
    out.key("repeats", "refuse")


def _kind(out: Toml, count: Count) -> None:
    if count.kind != "cumulative":
        if count.most > 250:
            out.question(
                f"can that be? As the steps of a row the largest number would be {count.most:,.0f} a minute, and people walk up"
                " to 220. It may be a running count (cumulative), or rows may be longer than they seem."
            )
        out.note("Rests on numbers that rise and fall within a day: each row has its own.")
        out.key("kind", "delta")
        return
    where = "at the change of day only" if count.falls and not count.falls_in_day else "at its highest number"
    where = where if count.falls else "nowhere"
    out.note(
        f"A running count: it rises {count.rises:,} times and falls {where} ({count.falls} times). As the steps of a row its"
        f" largest number would be {count.most:,.0f} a minute."
    )
    if count.falls and not count.falls_in_day and not count.wraps_at:
        out.note("What is counted between the last row of a day and midnight is lost at the fall.")
    out.key("kind", "cumulative")
    if count.wraps_at:
        out.question(f"does the counter go on from 0 after {count.wraps_at - 1:,}? It rests on where it falls.")
        out.key("wraps_at", count.wraps_at)


def _seconds(seconds: int) -> str:
    for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit} {name}{'s' if seconds > unit else ''}"
    return f"{seconds} s"
