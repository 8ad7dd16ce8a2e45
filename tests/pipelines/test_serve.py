"""`footfall serve` as its user meets it, with real processes and a real Prefect server. Slow: about 40 s, most of it Prefect."""

import datetime as dt
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import ask, command, drop, footfall, native, new_study, waiting

#: Prefect's own start is most of it, and other things may be running on the machine.
PATIENCE_SECONDS = 240.0
START = dt.datetime(2026, 3, 1, 20, tzinfo=dt.UTC)


class Served(NamedTuple):
    """What was seen of a study while it was served, and afterwards."""

    study: StudyFolder
    loaded_during_the_copy: list[tuple[Any, ...]]
    is_published: bool
    deployment: dict[str, Any]
    runs: list[dict[str, Any]]
    cron_after_the_edit: str
    page_policy: str
    second: subprocess.CompletedProcess[str]
    status: int
    log: str
    left: list[str]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def api(port: int, path: str) -> Any:
    """What Prefect's own interface answers to a filter that lets everything pass."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{path}", data=b"{}", headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def until(found: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    """Waits until something is so; False if it did not come, or the process has ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found():
            return True
        time.sleep(0.2)
    return False


def copy_slowly(path: Path, text: str, pieces: int, pause_seconds: float) -> None:
    """Writes a file in pieces, as a share or a browser does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = -(-len(text) // pieces)
    with path.open("w") as file:
        for first in range(0, len(text), size):
            file.write(text[first : first + size])
            file.flush()
            time.sleep(pause_seconds)


def published(study: StudyFolder, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published file; none before there is one."""
    return ask(study, sql) if study.research.exists() else []


def processes_of(study: StudyFolder) -> list[str]:
    """The command lines that name the study, where the system tells them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(str(study.root) in word for word in words):
            found.append(" ".join(words))
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A study that is served, gets a file by a slow copy and another schedule, and is stopped with SIGTERM."""
    if os.name != "posix":
        pytest.skip("stopping by a signal is not known here")
    study = new_study(tmp_path_factory.mktemp("serve") / "study", ["P1,,2026-03-02,,walking"], "Australia/Sydney")
    port, log = free_port(), study.root.parent / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command("serve", "--study", study.root, "--port", port, "--every", "2", "--grace", "30"),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert until(lambda: "one starts now" in log.read_text(), process), log.read_text()
        second = footfall("serve", "--study", study.root, "--port", free_port())
        deployment = api(port, "deployments/filter")[0]
        # the looks are 2 s apart: a copy that pauses for less is never seen twice alike
        text = native("P1", [110] * 600, start=START)
        copying = threading.Thread(target=copy_slowly, args=(study.inbox / "P1" / "a.csv", text, 20, 0.2))
        copying.start()
        seen: list[tuple[Any, ...]] = []
        while copying.is_alive():
            seen += published(study, "SELECT status FROM source_file")
            time.sleep(0.2)
        is_published = until(lambda: published(study, "SELECT count(*) FROM minute") == [(600,)], process)
        settings = study.root / "study.toml"
        settings.write_text(settings.read_text().replace('at = "02:00"', 'at = "03:15"'))
        until(lambda: "nights are at 03:15" in log.read_text(), process)
        cron = api(port, "deployments/filter")[0]["schedules"][0]["schedule"]["cron"]
        until(lambda: "nightly run:" in log.read_text(), process)
        # the run is told of in the log a moment before Prefect has its end
        until(lambda: "RUNNING" not in {run["state_type"] for run in api(port, "flow_runs/filter")}, process)
        runs = api(port, "flow_runs/filter")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=10) as page:
            policy = page.headers["content-security-policy"]
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    left = [path.name for path in study.private.iterdir() if path.name.startswith(("run-", "serve.owner"))]
    left += [path.name for path in (study.private / "serve").iterdir()] + processes_of(study)
    return Served(study, seen, is_published, deployment, runs, cron, policy, second, status, log.read_text(), left)


def test_a_slow_copy_is_published_once_it_is_complete_and_not_before(served: Served) -> None:
    assert served.is_published, served.log
    assert served.loaded_during_the_copy == []
    assert waiting(served.study) == []
    assert ask(served.study, "SELECT status, count(*) FROM source_file GROUP BY ALL") == [("loaded", 1)]
    assert ask(served.study, "SELECT success_days_lo FROM participant_week WHERE week_number = 1") == [(1,)]


def test_nights_are_scheduled_at_the_time_and_in_the_zone_of_the_study(served: Served) -> None:
    schedules = [each["schedule"] for each in served.deployment["schedules"] if each["active"]]
    assert [(each["cron"], each["timezone"]) for each in schedules] == [("0 2 * * *", "Australia/Sydney")]
    assert "nights are at 02:00 Australia/Sydney, the next one at " in served.log


def test_an_edited_schedule_is_followed_without_a_restart(served: Served) -> None:
    assert served.cron_after_the_edit == "15 3 * * *"
    assert served.log.count("nights are at") == 2


def test_every_ingestion_is_a_run_in_the_page_of_prefect(served: Served) -> None:
    ended = [(run["name"], run["state_type"]) for run in served.runs if run["state_type"] != "SCHEDULED"]
    assert ended.count(("nightly", "COMPLETED")) == 1
    assert ended.count(("arrivals", "COMPLETED")) == len(ended) - 1 >= 1
    assert all("served" in run["tags"] for run in served.runs)


def test_a_study_without_its_night_gets_one_at_once(served: Served) -> None:
    assert "no nightly run since the last 02:00 Australia/Sydney: one starts now" in served.log
    assert [run["name"] for run in served.runs if "catch-up" in run["tags"]] == ["nightly"]


def test_the_log_says_what_happens_in_lines_without_names_of_files(served: Served) -> None:
    # the night or the watch, whichever came first
    assert served.log.count(": files: 1 loaded; 1 participants derived") == 1
    assert [line for line in served.log.splitlines() if not line[:4].isdigit()] == []
    assert "a.csv" not in served.log


def test_the_page_may_ask_nobody_but_its_own_server(served: Served) -> None:
    assert served.page_policy.startswith("default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src")


def test_a_second_server_of_a_study_is_refused(served: Served) -> None:
    assert served.second.returncode == 1
    assert served.second.stderr.startswith("footfall: expected that nobody serves")
    assert "its page at http://127.0.0.1:" in served.second.stderr


def test_sigterm_ends_it_with_status_0_and_leaves_nothing_at_work(served: Served, tmp_path: Path) -> None:
    assert served.status == 0
    assert served.log.splitlines()[-1].endswith("stopped.")
    assert served.left == []
    # in a copy: the other tests ask what was served, in whatever order they run
    study = StudyFolder(tmp_path / "study")
    shutil.copytree(served.study.root, study.root)
    assert drop(study, "P1/later.csv", native("P1", [100])).exists()
    assert footfall("ingest", "--study", study.root).returncode == 0
