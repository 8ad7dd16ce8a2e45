"""The command `footfall`: argument parsing and printing only.

Commands import what they need when they run, so that `footfall --help` answers at once.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import FootfallError, UsageError

if TYPE_CHECKING:
    from pipelines.printing import Format
    from pipelines.run import Report
    from pipelines.study_folder import StudyFolder

OK, FAILED, WRONG_USAGE = 0, 1, 2


def _say(text: str) -> None:
    print(text)  # noqa: T201 - printing is what this module is for


def _study(arguments: argparse.Namespace) -> "StudyFolder":
    from pipelines.study_folder import find_study

    return find_study(arguments.study)


def _init(arguments: argparse.Namespace) -> int:
    from pipelines.study_folder import init_study

    study = init_study(arguments.dir, arguments.time_zone, arguments.name)
    _say(f"A study is in {study.root}")
    _say("Next: list its people in participants.csv, drop exports into inbox/<participant_id>/, run `footfall ingest`.")
    return OK


def _print_report(report: "Report", study: "StudyFolder") -> None:
    counts = report.statuses
    words = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in sorted(counts)) or "nothing new"
    _say(f"Files: {words}.")
    for name, status, reason in report.set_aside[:20]:
        _say(f"  set aside ({status}): {name}\n    {reason}")
    if len(report.set_aside) > 20:
        _say(f"  ... and {len(report.set_aside) - 20} more: `footfall status` lists them.")
    _say(
        f"{report.participants_derived} participants derived, {report.checks} checks passed, published"
        f" {os.path.relpath(study.research)}"
    )


def _ingest(arguments: argparse.Namespace) -> int:
    from pipelines.ingest import ingest
    from pipelines.progress import progress_bar

    study = _study(arguments)
    with progress_bar("Reading files") as progress:
        report = ingest(study, arguments.paths, progress)
    _print_report(report, study)
    return FAILED if arguments.strict and report.set_aside else OK


def _retry(arguments: argparse.Namespace) -> int:
    from pipelines.progress import progress_bar
    from pipelines.retry import retry

    study = _study(arguments)
    with progress_bar("Reading again") as progress:
        report = retry(study, arguments.files, progress)
    _print_report(report, study)
    return OK


def _rebuild(arguments: argparse.Namespace) -> int:
    from pipelines.progress import progress_bar
    from pipelines.rebuild import rebuild
    from pipelines.rebuild_page import print_rebuilt

    study = _study(arguments)
    with progress_bar("Reading originals") as progress:
        found = rebuild(study, progress, is_replacing=arguments.replace)
    return OK if print_rebuilt(found, arguments.format) else FAILED


def _watch(arguments: argparse.Namespace) -> int:
    from pipelines.watch import watch

    study = _study(arguments)
    _say(f"Watching {study.inbox} every {arguments.every:g} s; Ctrl-C ends it.")
    watch(study, arguments.every, lambda report: _print_report(report, study), _failed)
    return OK


def _nightly(arguments: argparse.Namespace) -> int:
    from pipelines.prefect_home import run_nightly

    study = _study(arguments)
    report = run_nightly(study, arguments.wait)
    _print_report(report, study)
    return OK


def _serve(arguments: argparse.Namespace) -> int:
    from pipelines.serve import serve

    serve(_study(arguments), arguments.host, arguments.port, arguments.every, arguments.grace)
    return OK


def _demo(arguments: argparse.Namespace) -> int:
    from pipelines.demo import make_demo
    from pipelines.prefect_home import run_nightly

    study = make_demo(arguments.dir)
    _say(f"A seeded study of {arguments.dir} is written; its nightly run starts.")
    _print_report(run_nightly(study), study)
    _print_adherence(study, "walkback", None, "table")
    shown = os.path.relpath(study.root)
    footfall = "footfall" if shutil.which("footfall") else os.path.relpath(sys.argv[0])
    _say(
        "\nWhat to open next:\n"
        f"  {footfall} status --study {shown}          what was set aside, and why\n"
        f"  {footfall} adherence --study {shown}       this grid again (--format csv for a spreadsheet)\n"
        f"  {footfall} explain W01 3 --study {shown}   why a week has its answer, down to the files\n"
        f"  {footfall} adherence --multiverse --study {shown}   how far the answers depend on the definition\n"
        f"  {footfall} sql --study {shown} \"SELECT * FROM participant_week WHERE adherent_days = 'unknown'\"\n"
        f"  {os.path.relpath(study.research)}   the same tables in R, Python, DBeaver or the duckdb command line\n"
        f"  {shown}/truth/                           what the simulated people really did"
    )
    return OK


def _status(arguments: argparse.Namespace) -> int:
    from pipelines.status import print_status

    print_status(_study(arguments), arguments.format, arguments.file)
    return OK


def _doctor(arguments: argparse.Namespace) -> int:
    from pipelines import alerts, doctor
    from pipelines.errors import StudyError

    if arguments.clock_is_right:
        doctor.set_clock_right(_study(arguments))
        _say("The clock is taken for right.")
        return OK
    if arguments.test_alert:
        unsent = alerts.test(_study(arguments))
        if unsent:
            return _failed(" ".join(unsent))
        _say("A test was sent.")
        return OK
    if arguments.verify is not None:
        equal = doctor.verify(_study(arguments), None if arguments.verify == "all" else int(arguments.verify))
        _say(f"{equal} participants: their tables were made again from the originals, and are equal.")
        return OK
    try:
        study = _study(arguments)
    except StudyError:
        if arguments.study is not None:
            raise
        study = None
    return OK if doctor.print_findings(doctor.examine(study, deep=arguments.deep), arguments.format) else FAILED


def _people_count(text: str) -> str:
    if text != "all" and not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"expected a number of participants or all; found {text!r}")
    return text


def _protocol(study: "StudyFolder", protocol: str | None) -> tuple[str, str]:
    """The study's name and the protocol that was asked for, or else the first that study.toml lists."""
    from pipelines.settings import FILE_NAME, read_settings

    settings = read_settings(study.root / FILE_NAME)
    chosen = protocol or settings.protocols[0]
    if chosen not in settings.protocols:
        raise FootfallError(
            f"expected a protocol that study.toml lists ({', '.join(settings.protocols)}); found {chosen!r}."
        )
    return settings.name, chosen


def _print_multiverse(study: "StudyFolder", protocol: str | None, form: "Format") -> None:
    from pipelines import multiverse_page
    from pipelines.printing import print_answer
    from warehouse.research import query

    name, chosen = _protocol(study, protocol)
    if form == "table":
        multiverse_page.print_page(study.research, chosen, name)
    else:
        print_answer(query(study.research, multiverse_page.SUMMARY, {"protocol": chosen}), form)


def _print_adherence(study: "StudyFolder", protocol: str | None, participant: str | None, form: str) -> None:
    from pipelines import grid
    from pipelines.printing import print_answer
    from warehouse.research import query

    name, chosen = _protocol(study, protocol)
    values = {"protocol": chosen, "participant": participant}
    if form == "table":
        answer = query(study.research, grid.SQL, values)
        if participant and not answer.rows:
            raise FootfallError(f"expected a participant with weeks; found none called {participant!r} under {chosen}.")
        grid.print_grid(answer, f"{name}: {chosen}")
    else:
        print_answer(query(study.research, grid.ALL_COLUMNS, values), "csv" if form == "csv" else "json")


def _adherence(arguments: argparse.Namespace) -> int:
    if arguments.multiverse:
        _print_multiverse(_study(arguments), arguments.protocol, arguments.format)
    else:
        _print_adherence(_study(arguments), arguments.protocol, arguments.participant, arguments.format)
    return OK


def _explain(arguments: argparse.Namespace) -> int:
    from pipelines.explain import explain, print_explanation
    from pipelines.settings import FILE_NAME, read_settings

    study = _study(arguments)
    protocol = arguments.protocol or read_settings(study.root / FILE_NAME).protocols[0]
    print_explanation(explain(study.research, arguments.participant, arguments.week, protocol), arguments.format)
    return OK


def _sql(arguments: argparse.Namespace) -> int:
    from pipelines.printing import print_answer
    from warehouse.research import query

    text = sys.stdin.read() if arguments.query == "-" else arguments.query
    print_answer(query(_study(arguments).research, text), arguments.format)
    return OK


def _lock(arguments: argparse.Namespace) -> int:
    from pipelines.locks import lock, locks
    from pipelines.printing import print_answer
    from warehouse.research import Answer

    study = _study(arguments)
    if arguments.name is not None:
        made = lock(study, arguments.name)
        rows = sum(table["rows"] for table in made.facts["tables"].values())
        _say(
            f"Locked as {made.name}: {os.path.relpath(made.database)}, {rows} rows in {len(made.facts['tables'])} tables,"
        )
        _say(f"as of {made.facts['publication'].get('as_of')}, SHA-256 {made.facts['file']['sha256']}")
        return OK
    found = locks(study)
    if not found and arguments.format == "table":
        _say("No locks yet: `footfall lock NAME` freezes what is published now.")
        return OK
    columns = ["name", "created_at", "as_of", "footfall_version", "weeks", "sha256", "state", "reissued"]
    print_answer(Answer(columns, [each.line() for each in found]), arguments.format)
    changed = [f"{each.name}: {each.state}" for each in found if not each.is_intact]
    return _failed(f"not as they were locked: {', '.join(changed)}.") if changed else OK


def _diff(arguments: argparse.Namespace) -> int:
    from pipelines.changes import print_differences
    from pipelines.locks import locked_file
    from warehouse.differences import differences

    study = _study(arguments)
    old, new = (locked_file(study, name) for name in (arguments.old, arguments.new))
    found = differences(old, new, participant_id=arguments.participant, protocol_id=arguments.protocol)
    print_differences(found, arguments.old, arguments.new, arguments.format)
    return OK


def _withdraw(arguments: argparse.Namespace) -> int:
    from pipelines.withdraw.command import confirm, say_outcome, say_proof, search, withdraw

    study = _study(arguments)
    if arguments.proof:
        proof = search(study, arguments.participant)
    else:
        if not arguments.yes:
            confirm(arguments.participant)
        outcome, proof = withdraw(study, arguments.participant)
        say_outcome(outcome, _say)
    say_proof(proof, _say)
    return OK if proof.is_clean else FAILED


def _dialect_check(arguments: argparse.Namespace) -> int:
    from pipelines.dialects import check

    return OK if check(arguments.files, arguments.study, arguments.format) else FAILED


def _dialect_draft(arguments: argparse.Namespace) -> int:
    from pipelines.dialects import propose

    propose(arguments.file, arguments.out, arguments.study)
    return OK


class _Parser(argparse.ArgumentParser):
    """The same errors as everywhere: one paragraph on stderr, exit status 2."""

    def error(self, message: str) -> "None":  # type: ignore[override]
        self.exit(WRONG_USAGE, f"footfall: {message}. `{self.prog} --help` shows what it takes.\n")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e7:
        raise argparse.ArgumentTypeError(f"expected seconds, 0 or more; found {text!r}")
    return value


def _pause(text: str) -> float:
    value = _seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("expected more than 0 seconds")
    return value


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535; found {text!r}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = _Parser(
        prog="footfall",
        description="Turns what people's devices export into an answer a walking trial can publish: in which weeks did"
        " each participant walk 30 minutes on 5 days, in which not, and in which can nobody tell.",
    )
    top.add_argument("--version", action="version", version=f"footfall {metadata.version('footfall')}")
    top.add_argument("--study", type=Path, metavar="DIR", help="the study folder; default: the nearest one upwards")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str, *, study: bool = True, prints: bool = False
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(run=run)
        if study:
            # SUPPRESS: a --study before the command word must not be undone by the absence of one after it
            sub.add_argument("--study", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the study folder")
        if prints:
            sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
        return sub

    init = command("init", _init, "make a study folder", study=False)
    init.add_argument("dir", type=Path, metavar="DIR")
    init.add_argument("--time-zone", required=True, metavar="ZONE", help="IANA zone, such as Australia/Sydney")
    init.add_argument("--name", help="the study's name; default: the folder's")
    demo = command(
        "demo", _demo, "write a seeded study with every kind of trouble in it and run its night", study=False
    )
    demo.add_argument("dir", type=Path, metavar="DIR", nargs="?", default=Path("footfall-demo"))
    ingest = command("ingest", _ingest, "take what is in the inbox, or copies of the given files, in one pass")
    ingest.add_argument("paths", type=Path, nargs="*", metavar="PATH")
    ingest.add_argument("--strict", action="store_true", help="exit status 1 if a file was set aside")
    _add_running(command)
    _add_health(command)
    adherence = command("adherence", _adherence, "the participant x week grid", prints=True)
    adherence.add_argument("--participant", metavar="P", help="one participant only")
    adherence.add_argument("--protocol", metavar="X", help="default: the first that study.toml lists")
    adherence.add_argument(
        "--multiverse", action="store_true", help="one page on how far the answers depend on the definition instead"
    )
    text = "why a week has its answer: days, walks, minutes, files, rules and version, in words and numbers"
    explain = command("explain", _explain, text, prints=True)
    explain.add_argument("participant", metavar="PARTICIPANT")
    explain.add_argument("week", type=int, metavar="WEEK", help="number of the week; 1 is the participant's first")
    explain.add_argument("--protocol", metavar="X", help="default: the first that study.toml lists")
    sql = command("sql", _sql, "one question to the published file, locked down", prints=True)
    sql.add_argument("query", metavar="SELECT", help="the query, or - to read it from standard input")
    lock = command("lock", _lock, "freeze the published file under a name, or list and verify the locks", prints=True)
    either = lock.add_mutually_exclusive_group()
    either.add_argument("name", metavar="NAME", nargs="?", help="a new name; without one the locks are listed")
    either.add_argument("--list", action="store_true", help="list the locks and verify each file's hash")
    diff = command(
        "diff", _diff, "which weeks changed between two locks, or a lock and `published`, and why", prints=True
    )
    diff.add_argument("old", metavar="A", help="a lock, or published")
    diff.add_argument("new", metavar="B", help="a lock, or published")
    diff.add_argument("--participant", metavar="P", help="one participant only")
    diff.add_argument("--protocol", metavar="X", help="one protocol only; default: all that both list")
    text = (
        "erase a participant everywhere in the study folder, prove it by a search, and refuse their files from now on"
    )
    withdraw = command("withdraw", _withdraw, text)
    withdraw.add_argument("participant", metavar="PARTICIPANT")
    either = withdraw.add_mutually_exclusive_group()
    either.add_argument("--yes", action="store_true", help="do not ask first")
    either.add_argument("--proof", action="store_true", help="search only, and change nothing")
    _add_dialect(commands)
    return top


def _add_running(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that go on by themselves."""
    text = "time between two looks at the inbox (30)"
    again = command("retry", _retry, "read again what was set aside, after an upgrade or a mended CSV")
    again.add_argument(
        "files", nargs="*", metavar="FILE", help="a name in quarantine/, an original name, or 6 characters of its hash"
    )
    text = "everything again from archive/ and the CSVs; it must equal what is there"
    rebuilt = command("rebuild", _rebuild, text, prints=True)
    rebuilt.add_argument("--replace", action="store_true", help="put the rebuilt tables in place if they differ")
    watch = command("watch", _watch, "take files from the inbox as they become complete, until stopped")
    watch.add_argument("--every", type=_pause, default=30.0, metavar="SECONDS", help=text)
    nightly = command("nightly", _nightly, "one nightly run as a Prefect flow")
    nightly.add_argument(
        "--wait", type=_seconds, default=0.0, metavar="SECONDS", help="wait so long for another ingester (0)"
    )
    serve = command(
        "serve", _serve, "the nightly schedule, the watched inbox and Prefect's page of their runs, until stopped"
    )
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where the page is offered (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=4200, metavar="PORT", help="its port (4200)")
    serve.add_argument("--every", type=_pause, default=30.0, metavar="SECONDS", help=text)
    text = "when stopped, let a run that is at work finish its step for so long (60)"
    serve.add_argument("--grace", type=_seconds, default=60.0, metavar="SECONDS", help=text)


def _add_health(command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "files by state, reasons, files that wait, who is silent, runs and publications, who is at work"
    status = command("status", _status, text, prints=True)
    status.add_argument(
        "--file", metavar="NAME|HASH", help="one file: every name it came under, what became of it, where it lies"
    )
    text = "check the installation, the study folder, time zones, disk, clocks and locks, and say what to do"
    doctor = command("doctor", _doctor, text, prints=True)
    one = doctor.add_mutually_exclusive_group()
    one.add_argument("--deep", action="store_true", help="also hash every original in archive/ again")
    one.add_argument(
        "--verify", metavar="N|all", type=_people_count,
        help="make the tables of N participants again from the originals, those first that have waited longest, and compare",
    )  # fmt: skip
    one.add_argument(
        "--clock-is-right", action="store_true", help="take the clock for right although a run began at a later time"
    )
    one.add_argument("--test-alert", action="store_true", help="send a test by [alerts] of study.toml")


def _add_dialect(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "which connector or dialect reads a file and how, and a first dialect for a file that none reads"
    both = commands.add_parser("dialect", help=text, description=text[0].upper() + text[1:] + ".")

    def may_name_a_study(sub: argparse.ArgumentParser) -> None:
        words = "a study whose dialects/ count too; default: the nearest one upwards, else built-in dialects only"
        # SUPPRESS: as for the other commands
        sub.add_argument("--study", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=words)

    may_name_a_study(both)
    inner = both.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "show who claims each file, how it is understood, its first rows and figures, and what looks wrong"
    check = inner.add_parser("check", help=text, description=text[0].upper() + text[1:] + ".")
    check.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="an export; of a zip or gzip each file in it"
    )
    may_name_a_study(check)
    check.add_argument("--format", choices=("table", "csv", "json"), default="table")
    check.set_defaults(run=_dialect_check)
    text = (
        "propose a dialect in TOML for a table that nobody claims, with its open questions, and check the file with it"
    )
    draft = inner.add_parser("draft", help=text, description=text[0].upper() + text[1:] + ".")
    draft.add_argument("file", type=Path, metavar="FILE", help="a table with column names")
    draft.add_argument(
        "-o", dest="out", type=Path, metavar="OUT.toml", help="a new file for it; default: standard output"
    )
    may_name_a_study(draft)
    draft.set_defaults(run=_dialect_draft)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns its exit status: 0 done, 1 failed, 2 wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UsageError as error:
        _failed(str(error))
        return WRONG_USAGE
    except FootfallError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return _failed("stopped; the next run finishes the work.")
    except BrokenPipeError:
        # the reader of a pipe has seen enough
        sys.stderr.close()
        return OK
    except RuntimeError as error:
        # the warehouse's own errors know nothing of this package
        from warehouse.errors import WarehouseError

        if isinstance(error, WarehouseError):
            return _failed(str(error))
        raise


def _failed(text: str) -> int:
    print(f"footfall: {text}", file=sys.stderr)  # noqa: T201
    return FAILED
