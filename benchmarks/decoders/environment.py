"""The environment of the peers: a Python of its own with pinned versions, and node's packages where there is a node.

Peers never enter the project's own environment. One that cannot be installed is a reason in the table.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.decoders.files import CHECKOUT
from benchmarks.decoders.peers import Peer

_HERE = Path(__file__).parent
#: what the project's readers import
_OURS = ("fitparse", "gpxpy", "lxml", "numpy", "polars")
#: seconds a source distribution may take to build
_BUILD_SECONDS = 180


class Environment:
    """Knows how to start a peer, or why it cannot be started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "python" / "bin" / "python"
        self.reasons: dict[str, str] = {}

    def make(self) -> None:
        """Installs everything, unless what is there was made from the same lists."""
        stamp = self.folder / "made.json"
        lists = [CHECKOUT / "requirements.lock", _HERE / "requirements.txt", _HERE / "node" / "package.json"]
        made_of = hashlib.sha256(b"".join(path.read_bytes() for path in lists) + sys.version.encode()).hexdigest()
        if stamp.is_file() and (told := json.loads(stamp.read_text()))["of"] == made_of:
            self.reasons = told["reasons"]
            self._copy_scripts()
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        venv.create(self.folder / "python", with_pip=True)
        pins = self.folder / "pins.txt"
        pins.write_text(_without_hashes((CHECKOUT / "requirements.lock").read_text(encoding="utf-8")))
        self._pip("--constraint", str(pins), *_OURS, check=True)
        for line in (_HERE / "requirements.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                self._install(line, pins)
        self._npm()
        stamp.write_text(json.dumps({"of": made_of, "reasons": self.reasons}))

    def command(self, peer: Peer) -> list[str]:
        if peer.in_node:
            return ["node", str(self.folder / "node" / "child.mjs"), f"./{peer.adapter}", peer.distribution]
        return [str(self.python), "-m", "benchmarks.decoders.child", peer.adapter, peer.distribution]

    def variables(self, peer: Peer) -> dict[str, str]:
        """The child's environment: this checkout first on its path, and one thread for a peer that is pinned."""
        paths = ([str(self.folder / peer.distribution)] if peer.own else []) + [str(CHECKOUT)]
        pinned = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
        )
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(pinned if peer.pinned else {})}

    def _install(self, requirement: str, pins: Path) -> None:
        name = re.split(r"[=;\s]", requirement, maxsplit=1)[0]
        where = ["--no-deps", "--target", str(self.folder / name)] if name == "python-fitparse" else []
        if self._pip("--only-binary", ":all:", "--constraint", str(pins), *where, requirement):
            return
        if not self._pip("--constraint", str(pins), *where, requirement):
            here = f"{sys.version_info.major}.{sys.version_info.minor}"
            self.reasons[name] = f"no wheel for Python {here}, and its source does not build here"

    def _pip(self, *arguments: str, check: bool = False) -> bool:
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
        if check and done.returncode:
            raise SystemExit(f"pip could not install {' '.join(_OURS)}:\n{done.stderr}")
        return done.returncode == 0

    def _copy_scripts(self) -> None:
        """node looks for packages beside the script that asks for them."""
        shutil.copytree(_HERE / "node", self.folder / "node", dirs_exist_ok=True)

    def _npm(self) -> None:
        listed = json.loads((_HERE / "node" / "package.json").read_text())["dependencies"]
        self._copy_scripts()
        if not (shutil.which("node") and shutil.which("npm")):
            self.reasons.update(dict.fromkeys(listed, "no node and npm here"))
            return
        command = ["npm", "install", "--silent", "--prefix", str(self.folder / "node")]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            self.reasons.update(dict.fromkeys(listed, "npm could not install it"))


def _without_hashes(lock: str) -> str:
    """The pins of a hashed lock as constraints; pip takes hashes for all packages or for none."""
    return "\n".join(line.rstrip(" \\") for line in lock.splitlines() if not line.startswith((" ", "#"))) + "\n"
