"""Who is told what: a webhook and a command of the study's own, and the text of the morning."""

import datetime as dt
import http.server
import itertools
import json
import shlex
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import alerts, ingest, intake
from pipelines.alerts import sending
from pipelines.cli import main
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import drop, native, new_study
from warehouse.differences import Differences

NIGHT = dt.datetime(2026, 3, 20, 2, tzinfo=dt.UTC)
PLACE = "/hooks/for-this-study-alone"


class _Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what was posted; /moved sends elsewhere, /broken fails, /slow never answers."""

    came: list[tuple[str, str | None, dict[str, Any]]]
    wait: threading.Event

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/slow":
            self.wait.wait(10)
            return
        self.came.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response({"/moved": 302, "/broken": 500}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", PLACE)
        self.end_headers()

    def do_GET(self) -> None:
        self.came.append((self.path, None, {}))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server:
    """A web server on this machine, and what came to it."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str | None, dict[str, Any]]] = []
        self.wait = threading.Event()
        handler = type("Hook", (_Hook,), {"came": self.came, "wait": self.wait})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def web() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.wait.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return new_study(tmp_path / "study")


def _tell(study: StudyFolder, **keys: str) -> None:
    """Writes [alerts] of study.toml anew."""
    path = study.root / "study.toml"
    text = path.read_text().partition("[alerts]")[0]
    path.write_text(text + "[alerts]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))


def _program(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-c", code, *words])


def test_a_webhook_gets_subject_and_text_as_chat_programs_understand_them(web: Server, study: StudyFolder) -> None:
    _tell(study, webhook=web.address + PLACE)
    assert alerts.alert(study, "Night failed", "Größe: no room") == []
    assert web.came == [
        (
            PLACE,
            "application/json; charset=utf-8",
            {"subject": "Night failed", "text": "Night failed\nGröße: no room"},
        )
    ]


@pytest.mark.parametrize(("path", "why"), [("/broken", "answered 500"), ("/moved", "answered 302; a redirect is not")])
def test_a_webhook_that_does_not_take_it_is_told_and_no_redirect_is_followed(
    path: str, why: str, web: Server, study: StudyFolder
) -> None:
    _tell(study, webhook=web.address + path)
    [unsent] = alerts.alert(study, "s", "t")
    assert why in unsent
    assert [where for where, _, _ in web.came] == [path]


def test_a_webhook_that_cannot_be_reached_or_never_answers_does_not_raise_or_show_its_address(
    web: Server, study: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WEBHOOK_SECONDS", 0.2)
    for address in (
        f"http://127.0.0.1:1{PLACE}",
        f"http://no-such-host.invalid{PLACE}",
        f"{web.address}/slow",
        "http://[",
    ):
        _tell(study, webhook=address)
        [unsent] = alerts.alert(study, "s", "t")
        assert unsent.startswith("webhook: ")
        assert PLACE not in unsent


def test_a_command_gets_the_text_on_its_standard_input_and_the_subject_in_two_ways(study: StudyFolder) -> None:
    code = (
        "import os, sys, pathlib; told = (sys.argv[1:], os.environ['FOOTFALL_SUBJECT'], sys.stdin.read());"
        " pathlib.Path('told').write_text(repr(told))"
    )
    _tell(study, command=_program(code, "-s", "{subject}", "$HOME; echo"))
    assert alerts.alert(study, "it's failed", "why") == []
    # no shell has seen it
    assert (study.root / "told").read_text() == repr((["-s", "it's failed", "$HOME; echo"], "it's failed", "why\n"))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (_program("import sys; sys.exit('no mail server')"), "ended with status 1: no mail server"),
        ("/no/such/program", "No such file or directory"),
        ("mail 'unclosed", "No closing quotation"),
        ("' '", "command: "),
    ],
)
def test_a_command_that_fails_is_told_and_does_not_raise(command: str, why: str, study: StudyFolder) -> None:
    _tell(study, command=command)
    [unsent] = alerts.alert(study, "s", "t")
    assert unsent.startswith("command: ")
    assert why in unsent


def test_a_command_that_hangs_is_ended_with_all_that_it_started(
    study: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "COMMAND_SECONDS", 0.3)
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    _tell(study, command=_program(child))
    began = dt.datetime.now(dt.UTC)
    [unsent] = alerts.alert(study, "s", "t")
    assert "took longer than 0.3 s" in unsent
    assert (dt.datetime.now(dt.UTC) - began).total_seconds() < 10


def test_one_way_that_fails_does_not_keep_the_other_from_being_used(web: Server, study: StudyFolder) -> None:
    _tell(study, webhook=web.address, command="/no/such/program")
    assert len(alerts.alert(study, "s", "t")) == 1
    assert len(web.came) == 1


def test_what_could_not_be_sent_is_kept_without_its_text_until_something_is_sent(
    web: Server, study: StudyFolder
) -> None:
    _tell(study, webhook=f"{web.address}/broken")
    alerts.alert(study, "Night failed", "P007 is silent", now=lambda: NIGHT)
    kept = alerts.last_unsent(study)
    assert kept is not None and "'Night failed' at 2026-03-20T02:00:00+00:00: webhook: " in kept
    assert not [path for path in study.private.rglob("*") if path.is_file() and b"P007" in path.read_bytes()]
    _tell(study, webhook=web.address)
    alerts.alert(study, "again", "")
    assert alerts.last_unsent(study) is None


def test_a_study_toml_that_cannot_be_used_is_what_could_not_be_sent(study: StudyFolder) -> None:
    (study.root / "study.toml").write_text("[study\n")
    [unsent] = alerts.alert(study, "s", "t")
    assert "study.toml" in unsent


def test_the_test_alert_is_sent_or_says_that_nobody_is_named(
    web: Server, study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["doctor", "--test-alert", "--study", str(study.root)]
    assert main(words) == 1
    assert "names neither webhook nor command" in capsys.readouterr().err
    _tell(study, webhook=web.address)
    assert main(words) == 0
    assert [said["subject"] for _, _, said in web.came] == ["footfall: a test"]


def _night(study: StudyFolder, at: dt.datetime, changes: Differences | None = None) -> str | None:
    """What of a nightly run at that instant the morning asks about; returns its text."""
    seconds = itertools.count()
    with open_run(study, "nightly", now=lambda: at + dt.timedelta(seconds=next(seconds))) as run:
        ingest.load(run, sorted(intake.look(study.inbox)))
        run.report.changes = changes
        return alerts.morning(run)


@pytest.fixture
def trial(tmp_path: Path, web: Server) -> StudyFolder:
    """Two people, of whom one has not synced for long; a file that cannot be read, from a device with a name."""
    made = new_study(tmp_path / "trial", ["P1,,2026-03-02,,", "P2,,2026-03-02,,"])
    _tell(made, webhook=web.address)
    drop(made, "P1/a.csv", native("P1", [100] * 30, start=NIGHT - dt.timedelta(hours=2)))
    drop(made, "P2/b.csv", native("P2", [100] * 30, "garmin-777", NIGHT - dt.timedelta(days=9)))
    return made


def test_a_silence_is_told_once_and_again_only_after_data_have_come(trial: StudyFolder, web: Server) -> None:
    day = dt.timedelta(days=1)
    first = _night(trial, NIGHT)
    assert first is not None and "P2: not syncing for 9 days." in first
    assert [said["text"].partition("\n")[2] for _, _, said in web.came] == [first]
    assert _night(trial, NIGHT + day) is None
    assert _night(trial, NIGHT + 2 * day) is None
    drop(trial, "P2/c.csv", native("P2", [100] * 30, "garmin-777", NIGHT + 2 * day))
    assert _night(trial, NIGHT + 3 * day) is None
    later = _night(trial, NIGHT + 12 * day)
    assert later is not None and "P2: not syncing for 10 days." in later


def test_what_could_not_be_sent_is_told_again_the_next_night(trial: StudyFolder, web: Server) -> None:
    _tell(trial, webhook=f"{web.address}/broken")
    first = _night(trial, NIGHT)
    assert first is not None and "This could not be sent: webhook: 127.0.0.1 answered 500." in first
    _tell(trial, webhook=web.address)
    second = _night(trial, NIGHT + dt.timedelta(days=1))
    assert second is not None and "P2: not syncing for 10 days." in second


def test_files_set_aside_are_told_once_by_reason_without_their_names_or_devices(
    trial: StudyFolder, web: Server
) -> None:
    drop(trial, "P1/Anna_Smith.fit", b"")
    drop(trial, "P1/Anna_Smith_2.fit", b"\x0e\x10 no device wrote this")
    drop(trial, "Anna_Smith.csv", native("anna", [100] * 30, "garmin-777"))
    hook = web.address
    _tell(trial, webhook=f"{hook}/broken")
    assert _night(trial, NIGHT) is not None
    _tell(trial, webhook=hook)
    said = _night(trial, NIGHT + dt.timedelta(hours=1))
    assert said is not None
    assert "Set aside since the last night: 3 files." in said
    assert "- 1 quarantined: expected a device export; found an empty file." in said
    assert not [word for word in ("Anna", "anna", "garmin", "777") if word in said]
    again = _night(trial, NIGHT + dt.timedelta(days=1))
    assert again is None


def test_the_text_of_a_failure_is_sent_without_file_names_and_device_ids(trial: StudyFolder, web: Server) -> None:
    _night(trial, NIGHT)
    drop(trial, "P1/Anna Smith.csv", "x")
    web.came.clear()
    text = "found minute (P2, garmin-777) of b.csv; cannot read inbox/P1/Anna Smith.csv"
    assert alerts.alert(trial, "failed", text) == []
    assert [said["text"] for _, _, said in web.came] == ["failed\nfound minute (P2, ...) of ...; cannot read inbox/..."]


def test_a_run_that_failed_since_the_last_night_is_told_by_its_kind(trial: StudyFolder, web: Server) -> None:
    _night(trial, NIGHT)
    with pytest.raises(ValueError, match="secret"), open_run(trial, "watch", now=lambda: NIGHT + dt.timedelta(hours=9)):
        raise ValueError("secret")
    said = _night(trial, NIGHT + dt.timedelta(days=1))
    assert said is not None and "1 run of `footfall watch` failed or ended by force since the last night" in said
    assert "secret" not in said
    assert _night(trial, NIGHT + dt.timedelta(days=2)) is None


def test_weeks_that_lost_or_turned_their_answer_are_told_and_newly_answered_ones_are_not(
    trial: StudyFolder, web: Server
) -> None:
    _night(trial, NIGHT)
    new_ones = Differences([], [()] * 9, 20, {("unknown", "yes"): 5, ("not there", "no"): 4}, {}, [])
    assert _night(trial, NIGHT + dt.timedelta(hours=1), new_ones) is None
    turned = Differences([], [()] * 9, 20, {("unknown", "yes"): 5, ("yes", "no"): 3, ("no", "unknown"): 1}, {}, [])
    said = _night(trial, NIGHT + dt.timedelta(hours=2), turned)
    assert said is not None and "4 participant-weeks that had an answer (yes or no) have another one now, of 9" in said
