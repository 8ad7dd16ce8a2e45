"""study.toml: read once at the edge, checked, and passed down as one frozen object."""

import dataclasses
import datetime as dt
import tomllib
import zoneinfo
from pathlib import Path
from typing import Any

from pipelines.errors import StudyError

FILE_NAME = "study.toml"
DEVICE_CLASSES = ("research", "watch", "phone", "pedometer", "track")

_TEMPLATE = """\
[study]
name = {name}
time_zone = {time_zone}
week = "study"                      # "study" (from each start_date) or "iso"
protocols = ["walkback"]
source_priority = ["research", "watch", "phone", "pedometer", "track"]
activity_files_are_complete = false
as_of = ""                           # empty: the latest date with data
[schedule]
at = "02:00"
"""

_KNOWN = {
    "study": {
        "name", "time_zone", "week", "protocols", "source_priority", "activity_files_are_complete", "as_of",
    },
    "schedule": {"at"},
    "publish": {"keep"},
    "alerts": {"webhook", "command", "silent_days"},
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Alerts:
    """Who is told when something is wrong: webhook, an http(s) address, and command, which gets the text on its standard
    input; empty = nobody. silent_days: so many days without data from somebody are worth telling.
    """

    webhook: str = ""
    command: str = ""
    silent_days: int = 7


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one study. schedule_at is a clock time in the study's zone; publications_kept: how many in history/."""

    name: str
    time_zone: str
    week: str = "study"
    protocols: tuple[str, ...] = ("walkback",)
    source_priority: tuple[str, ...] = DEVICE_CLASSES
    activity_files_are_complete: bool = False
    as_of: dt.date | None = None
    schedule_at: dt.time = dt.time(2)
    publications_kept: int = 10
    alerts: Alerts = Alerts()


def template(name: str, time_zone: str) -> str:
    """The text of a new study.toml."""
    return _TEMPLATE.format(name=_quoted(name), time_zone=_quoted(time_zone))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def check_zone(time_zone: str, where: str) -> str:
    """The zone's name if it is in the IANA database; StudyError naming the place otherwise."""
    try:
        zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise StudyError(
            f"{where}: expected a time zone of the IANA database such as Australia/Sydney or Europe/London; found"
            f" {time_zone!r}."
        ) from None
    return time_zone


def read_settings(path: Path) -> Settings:
    """The settings of the study.toml at path; StudyError naming the key if one is missing, unknown or unusable."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(
            f"expected {path}; found no such file. `footfall init DIR --time-zone ZONE` makes one."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: expected TOML in UTF-8; found: {error}.") from None
    for section, keys in content.items():
        known = _KNOWN.get(section)
        if known is None or not isinstance(keys, dict):
            raise StudyError(
                f"{path}: expected the sections {', '.join(f'[{name}]' for name in _KNOWN)}; found {section!r}."
            )
        unknown = sorted(set(keys) - known)
        if unknown:
            raise StudyError(f"{path}: [{section}] has no key {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    study = content.get("study", {})

    def value(key: str, kind: type, default: Any, section: str = "study") -> Any:
        found = content.get(section, {}).get(key, default)
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise StudyError(f"{path}: {key} should be a {kind.__name__}; found {found!r}.")
        return found

    if "time_zone" not in study:
        raise StudyError(f"{path}: [study] needs time_zone, the zone of participants who have none of their own.")
    week = value("week", str, "study")
    if week not in ("study", "iso"):
        raise StudyError(f'{path}: week is "study" or "iso"; found {week!r}.')
    protocols = value("protocols", list, ["walkback"])
    if not protocols or not all(isinstance(item, str) for item in protocols):
        raise StudyError(f"{path}: protocols lists at least one protocol by name; found {protocols!r}.")
    priority = value("source_priority", list, list(DEVICE_CLASSES))
    for item in priority:
        if not isinstance(item, str) or (item not in DEVICE_CLASSES and not item.startswith("device:")):
            raise StudyError(
                f"{path}: source_priority lists device classes ({', '.join(DEVICE_CLASSES)}) or device:ID; found {item!r}."
            )
    as_of = study.get("as_of", "")
    at = content.get("schedule", {}).get("at", "02:00")
    return Settings(
        name=value("name", str, path.parent.name),
        time_zone=check_zone(value("time_zone", str, ""), f"{path}, time_zone"),
        week=week,
        protocols=tuple(dict.fromkeys(protocols)),
        source_priority=tuple(dict.fromkeys(priority)),
        activity_files_are_complete=value("activity_files_are_complete", bool, False),
        as_of=_date(as_of, path) if as_of != "" else None,
        schedule_at=_time(at, path),
        publications_kept=_at_least(1, "keep", value("keep", int, 10, "publish"), path),
        alerts=Alerts(
            webhook=_address(value("webhook", str, "", "alerts"), path),
            command=value("command", str, "", "alerts"),
            silent_days=_at_least(1, "silent_days", value("silent_days", int, 7, "alerts"), path),
        ),
    )


def _at_least(least: int, key: str, found: int, path: Path) -> int:
    if found < least:
        raise StudyError(f"{path}: {key} is {least} or more; found {found}.")
    return found


def _address(found: str, path: Path) -> str:
    if found and not found.startswith(("https://", "http://")):
        raise StudyError(f"{path}: webhook is an address that begins with https:// or http://; found {found!r}.")
    return found


def _date(found: object, path: Path) -> dt.date:
    try:
        return found if isinstance(found, dt.date) else dt.date.fromisoformat(str(found))
    except ValueError:
        raise StudyError(f'{path}: as_of is a date such as "2026-08-31", or empty; found {found!r}.') from None


def _time(found: object, path: Path) -> dt.time:
    try:
        return found if isinstance(found, dt.time) else dt.time.fromisoformat(str(found))
    except ValueError:
        raise StudyError(f'{path}: at is a clock time such as "02:00"; found {found!r}.') from None
