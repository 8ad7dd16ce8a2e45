"""Small GPX files made to order: walks north at a known pace."""

import datetime as dt
from pathlib import Path

import polars as pl

from connectors import gpx
from connectors.recording import Recording

START = dt.datetime(2024, 5, 4, 8, 0, tzinfo=dt.UTC)


def point(second: int, metres: float, inside: str = "", *, lat: str | None = None, time: str | None = None) -> str:
    """A point so many metres north of a fixed one."""
    stamp = (START + dt.timedelta(seconds=second)).isoformat().replace("+00:00", "Z") if time is None else time
    north = f"{51.5 + metres / 111_194.93:.8f}" if lat is None else lat
    return f'<trkpt lat="{north}" lon="-0.12"><time>{stamp}</time>{inside}</trkpt>'


def walk(start_s: int, seconds: int, mps: float = 1.4, step_s: int = 5) -> list[str]:
    return [point(start_s + s, mps * (start_s + s)) for s in range(0, seconds + 1, step_s)]


def gpx_text(*segments: list[str], sport: str = "", creator: str = "Garmin Connect", root: str = "") -> str:
    kind = f"<type>{sport}</type>" if sport else ""
    inside = "".join(f"<trkseg>{''.join(points)}</trkseg>" for points in segments)
    head = f'<gpx version="1.1" creator="{creator}" xmlns="http://www.topografix.com/GPX/1/1"{root}>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<trk>{kind}{inside}</trk></gpx>'


def write(tmp_path: Path, content: str | bytes, name: str = "a.gpx") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path: Path, content: str | bytes) -> Recording:
    path = write(tmp_path, content)
    assert gpx.identify(path)
    return gpx.read(path)


def counts(recording: Recording) -> dict[str, int]:
    return {problem.code: problem.count for problem in recording.problems}


def seconds(recording: Recording) -> dict[str | None, float]:
    lengths = (pl.col("epoch_end") - pl.col("epoch_start")).dt.total_microseconds() / 1e6
    return dict(recording.epochs.group_by("gps_label").agg(lengths.sum()).iter_rows())


#: a minute of hiking
PLAIN = gpx_text(walk(0, 60), sport="hiking")
