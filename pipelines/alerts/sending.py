"""The two ways in which a message leaves: posted to a webhook, or given to a command."""

import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from pipelines.errors import FootfallError

WEBHOOK_SECONDS, COMMAND_SECONDS = 10.0, 30.0


class SendError(Exception):
    """What went wrong, in words."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the message into a question without content, or lead elsewhere than the study says."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(address: str, subject: str, text: str, _: Path) -> None:
    """POSTs JSON: `subject`, and `text`, which begins with the subject because chat programs show nothing else."""
    host = urllib.parse.urlsplit(address).hostname or "?"
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise SendError("expected an address that begins with https:// or http://")
    body = json.dumps({"subject": subject, "text": f"{subject}\n{text}"}, ensure_ascii=False).encode()
    request = urllib.request.Request(  # noqa: S310 - http and https only, see above
        address, body, {"Content-Type": "application/json; charset=utf-8", "User-Agent": "footfall"}
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=WEBHOOK_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        error.close()
        elsewhere = "; a redirect is not followed, give the address it leads to" if 300 <= error.code < 400 else ""
        raise SendError(f"{host} answered {error.code}{elsewhere}") from None
    except urllib.error.URLError as error:
        # the address itself may hold a secret
        raise SendError(f"{host} could not be reached ({error.reason})") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SendError(f"{host} did not answer as a web server does ({type(error).__name__})") from None


def give(command: str, subject: str, text: str, folder: Path) -> None:
    """Runs the command without a shell: the text on its standard input, {subject} in its words replaced."""
    words = [word.replace("{subject}", subject) for word in shlex.split(command)]
    if not words:
        raise SendError("study.toml names no program")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - the study's own command
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, cwd=folder,
            env={**os.environ, "FOOTFALL_SUBJECT": subject}, start_new_session=True,
        )  # fmt: skip
        try:
            process.communicate(f"{text}\n".encode(), timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            raise SendError(f"{words[0]} took longer than {COMMAND_SECONDS:g} s and was ended") from None
        if process.returncode:
            said.seek(0)
            lines = said.read(4096).decode("utf-8", "replace").strip().splitlines()
            last = f": {lines[-1][:200]}" if lines else ""
            raise SendError(f"{words[0]} ended with status {process.returncode}{last}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends the program and what it started."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def why(error: Exception) -> str:
    """What went wrong, in words that do not show an address."""
    if isinstance(error, SendError | FootfallError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}{f' ({error.filename})' if error.filename else ''}"
    return f"{type(error).__name__}: {error}"
