"""The environment of the peers: a Python of its own with pinned versions, made by uv; nothing of it is the project's."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
#: what is made once and kept: the peers and the large warehouses; git does not see it
FOLDER = CHECKOUT / ".bench" / "bouts"


def peers_python() -> str:
    """The interpreter that has the peers, installed unless what is there was made from the same list."""
    folder = FOLDER / "python"
    python, stamp = folder / "bin" / "python", folder / "made-of.txt"
    wanted = sys.version + (HERE / "requirements.txt").read_text(encoding="utf-8")
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.is_file() else shutil.which("uv")
        if uv is None:
            raise SystemExit("expected uv beside this Python or on the path; found none. Install the dev extra.")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--only-binary", ":all:"]
        subprocess.run([*install, "--python", str(python), "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)
