"""Which real exports are timed. They are no part of the project; their folder is named or lies beside the checkout."""

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
#: files of a set that is made of the largest ones
LARGEST = 8
#: candidates for it: some of the largest are refused by a peer
_CANDIDATES = 20
#: monitoring files are small: each is read this often, under a name of its own
COPIES = 20
#: the local day of `STEPS`, Unix seconds of its start and end at UTC+3, and the steps of the device on it
DAY = (1_583_269_200, 1_583_355_600)
STEPS = 5_834 + 96


def folder() -> Path:
    """Where the real exports should lie; the same rule as that of the tests."""
    return Path(os.environ.get("FOOTFALL_REAL_EXPORTS", CHECKOUT.parent / "shared" / "real_exports"))


@dataclasses.dataclass(frozen=True)
class Files:
    """Candidates for the sets, largest first, and the monitoring files in order of their time."""

    activity: list[Path]
    monitoring: list[Path]
    day: list[Path]
    gpx: list[Path]


def find(exports: Path) -> Files:
    """The files, by what independent decoders found in them."""
    fit = _described(exports / "fit")
    activity = [
        name
        for name, told in fit.items()
        if (told["fitparse"].get("file_id") or {}).get("type") == "activity"
        and all(told[decoder]["ok"] for decoder in ("fitparse", "fitdecode", "garmin_fit_sdk"))
    ]
    resolved = {name: told["monitoring_resolved"] for name, told in fit.items() if "monitoring_resolved" in told}
    monitoring = sorted(resolved, key=lambda name: str(resolved[name]["first_time_utc"]))
    day = [name for name in monitoring if resolved[name]["last_time_utc"].startswith(("2020-03-03", "2020-03-04"))]
    gpx = _described(exports / "gpx")
    timed = [
        name
        for name, told in gpx.items()
        if told["gpxpy"].get("with_time") and told["gpxpy"]["with_time"] == told["gpxpy"]["trackpoints"]
    ]
    return Files(
        activity=[exports / "fit" / name for name in _largest(activity, fit)],
        monitoring=[exports / "fit" / name for name in monitoring],
        day=[exports / "fit" / name for name in day],
        gpx=[exports / "gpx" / name for name in _largest(timed, gpx)],
    )


def repeated(paths: list[Path], into: Path) -> list[Path]:
    """COPIES copies of each file under names of their own, round by round."""
    copies = []
    for turn in range(COPIES):
        for path in paths:
            copies.append(into / f"{turn:02d}-{path.name}")
            shutil.copyfile(path, copies[-1])
    return copies


def size_of(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _described(exports: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((exports / "oracle.json").read_text(encoding="utf-8"))["files"]
    return found


def _largest(names: list[str], told: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(names, key=lambda name: -int(told[name]["bytes"]))[:_CANDIDATES]
