"""What a data manager asks in the morning: what arrived, what was set aside and why, whose files wait, who is silent."""

import datetime as dt
import json
import zoneinfo
from typing import Any

from pipelines import intake
from pipelines.errors import FootfallError, StudyError
from pipelines.looking import opened, waiting
from pipelines.printing import Format, console, print_answer
from pipelines.publications import publications
from pipelines.run import Clock, wall_clock
from pipelines.settings import FILE_NAME, Alerts, read_settings
from pipelines.study_folder import StudyFolder
from warehouse import health
from warehouse.database import DATABASE_NAME, Connection, connect
from warehouse.research import Answer

#: The sections in order: key for json and csv, title of the table.
_TITLES = {
    "at_work": "At work now",
    "inbox": "In the inbox",
    "files": "Files by state",
    "set_aside": "Set aside (each file has a note in quarantine/; what lies in an archive is counted)",
    "remarks": "Loaded, with something to know",
    "waiting": "Waiting for an owner: add the id to participants.csv or the device to devices.csv",
    "silence": "Last data by participant, longest silence first",
    "last_data": "Last data by participant and device",
    "runs": "The last runs",
    "publications": "Publications in published/history/, newest first",
    "verification": "Participants whose tables were made again from the originals and found equal",
    "content": "The content",
    "receipts": "Under which names it came",
    "history": "What became of it",
}
Section = tuple[str, Answer]


def print_status(study: StudyFolder, form: Format, asked: str | None = None, *, now: Clock = wall_clock) -> None:
    """Prints the sections; as JSON one list of rows with a key `section`, as CSV one table with such a column.

    asked: one file only, by a name or the start of its hash; FootfallError if there is none. Reads the private ledger, so
    original names and true device ids are shown. While an ingester is at work it tells of that, of the inbox, and what was
    published last. Instants are in UTC, in the table in the study's zone.
    """
    zone, alerts = _settings(study)
    _bring_up(study)
    with opened(study) as look:
        if asked is not None:
            if look.connection is None:
                raise FootfallError(
                    f"expected to read the ledger; found {_who(look.at_work)} at work on it. Ask again when it has ended."
                )
            sections = _of_one_file(study, look.connection, asked)
        else:
            sections = [("at_work", _at_work(look.at_work)), ("inbox", _inbox(study))]
            if look.connection is None:
                sections += _published(study)
            else:
                sections += _sections(look.connection, now(), alerts.silent_days)
            sections.insert(-1, ("publications", _publications(study)))
    _print(sections, form, zone)


def _settings(study: StudyFolder) -> tuple[str, Alerts]:
    try:
        settings = read_settings(study.root / FILE_NAME)
    except StudyError:
        # a slip in study.toml is no reason not to tell what arrived; `footfall doctor` names it
        return "UTC", Alerts()
    return settings.time_zone, settings.alerts


def _bring_up(study: StudyFolder) -> None:
    """An upgrade since the last run: the questions are to tables that the new version makes."""
    database = study.private / DATABASE_NAME
    with opened(study, patience_seconds=0) as look:
        is_behind = database.is_file() and look.connection is not None and bool(health.schema(look.connection).lacking)
    if is_behind:
        with connect(database):
            pass


def _sections(connection: Connection, now: dt.datetime, silent_days: int) -> list[Section]:
    people = health.silence(connection, now, silent_days)
    silence = Answer(
        ["participant_id", "last_data", "days_silent", "said", "is_silent"],
        [[each.participant_id, each.last_data, each.days_silent, each.in_words(), each.is_silent] for each in people],
    )
    plain = ("files", "set_aside", "remarks", "waiting")
    return [
        *((question, health.ask(connection, question)) for question in plain),
        ("silence", silence),
        ("last_data", health.last_data(connection, now, silent_days)),
        ("runs", _runs(health.ask(connection, "runs"))),
        ("verification", health.ask(connection, "verification", {"now": now})),
    ]


def _runs(found: Answer) -> Answer:
    rows = []
    for kind, started_at, _, seconds, outcome, summary, version in found.rows:
        did = json.loads(summary) if summary else {}
        files = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in did.get("files", {}).items())
        rows.append(
            [kind, started_at, seconds, outcome, files or None, did.get("participants_derived"),
             did.get("participants_verified"), did.get("weeks_changed"), version]
        )  # fmt: skip
    columns = [
        "run",
        "started_at",
        "seconds",
        "outcome",
        "files taken",
        "derived",
        "verified",
        "weeks_changed",
        "version",
    ]
    return Answer(columns, rows)


def _who(at_work: dict[str, Any] | None) -> str:
    return f"`footfall {at_work['command']}`" if at_work and "command" in at_work else "another process"


def _at_work(at_work: dict[str, Any] | None) -> Answer:
    columns = ["state", "command", "process", "host", "since"]
    if at_work is None:
        return Answer(columns, [["nobody", None, None, None, None]])
    since = at_work.get("since")
    at = dt.datetime.fromisoformat(since) if isinstance(since, str) else None
    return Answer(
        columns, [["an ingester; what follows is as of the last publication", *map(at_work.get, columns[1:4]), at]]
    )


def _inbox(study: StudyFolder) -> Answer:
    found = waiting(study)
    return Answer(
        ["files waiting", "bytes", "longest since"],
        [[len(found), sum(each.size_bytes for each in found), min((each.at_since for each in found), default=None)]],
    )


def _publications(study: StudyFolder) -> Answer:
    rows = [
        [each.file, dt.datetime.fromisoformat(each.published_at), each.kind, each.size_bytes, each.sha256]
        for each in reversed(publications(study))
    ]
    return Answer(["file", "published_at", "by", "size_bytes", "sha256"], rows)


def _published(study: StudyFolder) -> list[Section]:
    if not study.research.is_file():
        return []
    with health.look_into(study.research) as connection:
        return [
            ("files", health.ask(connection, "published_files")),
            ("last_data", health.ask(connection, "published_people")),
        ]


def _of_one_file(study: StudyFolder, connection: Connection, asked: str) -> list[Section]:
    found = health.contents(connection, asked)
    content = found["content"]
    if not content.rows:
        raise FootfallError(
            f"expected the name of a file that came once, or at least 6 characters of its hash; found no {asked!r} in the"
            " ledger. `footfall status` lists what was set aside; what still lies in the inbox is not in the ledger yet."
        )
    with_place = Answer(
        [*content.columns, "original"],
        [[*row, _original(study, row[0], row[content.columns.index("container_id")])] for row in content.rows],
    )
    return [("content", with_place), ("receipts", found["receipts"]), ("history", found["history"])]


def _original(study: StudyFolder, source_file_id: str, container_id: str | None) -> str:
    path = intake.find_original(study, source_file_id)
    if path is not None:
        return path.relative_to(study.root).as_posix()
    packed = intake.find_original(study, container_id) if container_id else None
    return f"inside {packed.relative_to(study.root).as_posix()}" if packed else "not there any more"


def _print(sections: list[Section], form: Format, zone: str) -> None:
    if form != "table":
        print_answer(_in_one([(key, _shown(answer, None)) for key, answer in sections]), form)
        return
    console().print(f"Times are those of {zone}.\n")
    for key, answer in sections:
        if answer.rows:
            print_answer(_shown(_for_reading(key, answer), zoneinfo.ZoneInfo(zone)), "table", _TITLES[key])


def _for_reading(key: str, answer: Answer) -> Answer:
    """A single wide row as lines of what and found; the history of a single file without its hash on every line."""
    if len(answer.rows) == 1 and key in ("content", "verification", "at_work", "inbox"):
        told = [[name, cell] for name, cell in zip(answer.columns, answer.rows[0], strict=True) if cell is not None]
        return Answer(["what", "found"], told)
    if key in ("receipts", "history") and len({row[0] for row in answer.rows}) == 1:
        return Answer(answer.columns[1:], [row[1:] for row in answer.rows])
    return answer


def _shown(answer: Answer, zone: zoneinfo.ZoneInfo | None) -> Answer:
    """The answer with instants as text: in UTC as ISO 8601 for programs, in a zone for people."""

    def text(cell: Any) -> Any:
        if not isinstance(cell, dt.datetime):
            return cell.isoformat() if isinstance(cell, dt.date) else cell
        if zone is not None:
            return f"{cell.astimezone(zone):%Y-%m-%d %H:%M}"
        return cell.astimezone(dt.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")

    return Answer(answer.columns, [[text(cell) for cell in row] for row in answer.rows])


def _in_one(found: list[Section]) -> Answer:
    columns = ["section", *dict.fromkeys(column for _, answer in found for column in answer.columns)]
    rows = []
    for key, answer in found:
        for row in answer.rows:
            cells = {"section": key, **dict(zip(answer.columns, row, strict=True))}
            rows.append([cells.get(column) for column in columns])
    return Answer(columns, rows)
