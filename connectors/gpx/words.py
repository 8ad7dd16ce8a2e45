"""The only words of a GPX file that go any further: known programs and sports; all other text stays behind."""

import re

from connectors.sports import letters, named_sport

#: creator, as a word or two in lower case -> manufacturer and model
_CREATORS: dict[str, tuple[str, str]] = {
    "garmin connect": ("garmin", "connect"),
    "etrex": ("garmin", "etrex"),
    "oregon": ("garmin", "oregon"),
    "gpsmap": ("garmin", "gpsmap"),
    "dakota": ("garmin", "dakota"),
    "montana": ("garmin", "montana"),
    "forerunner": ("garmin", "forerunner"),
    "fenix": ("garmin", "fenix"),
    "mapsource": ("garmin", "mapsource"),
    "basecamp": ("garmin", "basecamp"),
    "garmin": ("garmin", "gpx"),
    "stravagpx": ("strava", "gpx"),
    "strava": ("strava", "gpx"),
    "polar": ("polar", "gpx"),
    "movescount": ("suunto", "movescount"),
    "suunto": ("suunto", "gpx"),
    "coros": ("coros", "gpx"),
    "amazfit": ("amazfit", "gpx"),
    "zepp": ("amazfit", "zepp"),
    "huawei": ("huawei", "gpx"),
    "samsung": ("samsung", "gpx"),
    "apple health export": ("apple", "health"),
    "fitbit": ("fitbit", "gpx"),
    "withings": ("withings", "gpx"),
    "wahoo": ("wahoo", "gpx"),
    "runkeeper": ("runkeeper", "gpx"),
    "nikeplus": ("nike", "gpx"),
    "endomondo": ("endomondo", "gpx"),
    "runtastic": ("runtastic", "gpx"),
    "sports tracker": ("sports_tracker", "gpx"),
    "komoot": ("komoot", "gpx"),
    "osmand": ("osmand", "gpx"),
    "osmtracker": ("osmtracker", "gpx"),
    "opentracks": ("opentracks", "gpx"),
    "fitotrack": ("fitotrack", "gpx"),
    "gpslogger": ("gpslogger", "gpx"),
    "ultra gps logger": ("ultra_gps_logger", "gpx"),
    "oruxmaps": ("oruxmaps", "gpx"),
    "locus": ("locus", "gpx"),
    "mytrails": ("mytrails", "gpx"),
    "urban biker": ("urban_biker", "gpx"),
    "alltrails": ("alltrails", "gpx"),
    "outdooractive": ("outdooractive", "gpx"),
    "caltopo": ("caltopo", "gpx"),
    "gaiagps": ("gaiagps", "gpx"),
    "gpx.studio": ("gpx_studio", "gpx"),
    "gpx.py": ("gpxpy", "gpx"),
    "gpsbabel": ("gpsbabel", "gpx"),
    "gps visualizer": ("gps_visualizer", "gpx"),
    "gdal": ("gdal", "gpx"),
    "expertgps": ("expertgps", "gpx"),
    "viking": ("viking", "gpx"),
    "mapstogpx": ("mapstogpx", "gpx"),
    "openstreetmap.org": ("openstreetmap", "gpx"),
}
_UNKNOWN = ("gpx", "unknown")

#: Strava's bulk exports; seen in real files, never documented by Strava
_STRAVA_NUMBERS = {
    "1": "cycling",
    "2": "alpine_skiing",
    "4": "hiking",
    "9": "running",
    "10": "walking",
    "16": "swimming",
}
#: gpx.studio writes "Cycling" into every track. Source: gpxstudio/gpxstudio.github.io, issue 196
_TYPE_MEANS_NOTHING = {"gpx_studio"}


def creator_of(text: str) -> tuple[str, str]:
    """Manufacturer and model for the `creator` of a GPX file; gpx and unknown for one that is not known."""
    lower = text.lower()
    for words, known in _CREATORS.items():
        if re.search(rf"(?<![a-z0-9]){re.escape(words)}(?![a-z])", lower):
            return known
    return _UNKNOWN


def sport_of(text: str, creator: tuple[str, str]) -> str | None:
    """The sport that the `type` of a track states, in our spelling; None if it states none that we know."""
    if creator[0] in _TYPE_MEANS_NOTHING:
        return None
    word = letters(text)
    return _STRAVA_NUMBERS.get(word) if creator[0] == "strava" and word.isdigit() else named_sport(text)
