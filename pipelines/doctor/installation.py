"""Is the program installed as it should be? Versions, and the database of time zones."""

import importlib.metadata
import platform
import zoneinfo
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pipelines.doctor.finding import Finding, Look
from pipelines.errors import StudyError
from pipelines.settings import Settings
from pipelines.study_folder import read_study
from warehouse.health import unknown_zones

_INSTALL = "pip install --force-reinstall -r requirements.lock"


def versions() -> Iterator[Finding]:
    """Python and every package that the program needs, against the ranges that it declares."""
    own = importlib.metadata.metadata("footfall")
    python = platform.python_version()
    wanted = own["Requires-Python"] or ""
    faults = []
    if not SpecifierSet(wanted).contains(python, prereleases=True):
        faults.append(f"Python {python} (needed: {wanted})")
    needed = [Requirement(text) for text in importlib.metadata.requires("footfall") or ()]
    for each in needed:
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(each.name)
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{each.name} is not installed (needed: {each.specifier or 'any'})")
            continue
        if not each.specifier.contains(found, prereleases=True):
            faults.append(f"{each.name} {found} (needed: {each.specifier})")
    for fault in faults:
        yield Finding(
            "versions", "problem", f"{fault}: other versions are known to fail, some of them silently.", _INSTALL
        )
    if not faults:
        shown = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "polars", "prefect"))
        yield Finding("versions", "fine", f"footfall {own['Version']} on Python {python} with {shown}.")


def time_zones(settings: Settings | None, look: Look | None) -> Iterator[Finding]:
    """The time zone database is there, and every engine knows the zones of the study."""
    mend = "pip install --upgrade tzdata"
    zones = {"UTC"}
    if settings is not None:
        zones.add(settings.time_zone)
    if look is not None:
        try:
            frames = read_study(look.study).frames
            for table in ("participant", "travel"):
                zones |= set(frames[table].get_column("time_zone"))
        except StudyError:
            # told by the check of the study's files
            pass
    missing = []
    for zone in sorted(zones):
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            missing.append(zone)
    if missing:
        yield Finding(
            "time zones", "problem", f"Python knows no zone {', '.join(missing)}: no local date can be told.", mend
        )
    if unknown := unknown_zones(zones - set(missing)):
        yield Finding(
            "time zones", "problem", f"DuckDB knows no zone {', '.join(unknown)}, which the study uses.",
            "pip install --upgrade duckdb",
        )  # fmt: skip
    if not missing and not unknown:
        source = f"the system's ({zoneinfo.TZPATH[0]})" if zoneinfo.TZPATH else "tzdata's"
        version = importlib.metadata.version("tzdata")
        yield Finding(
            "time zones",
            "fine",
            f"all {len(zones)} zones of the study are known, by {source} database and tzdata {version}.",
        )
