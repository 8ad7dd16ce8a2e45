"""The only words of a GPX file that go any further: known programs and sports; all other text stays behind."""

import re

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

#: sport -> other spellings, letters and digits only. Slugs follow the sports of FIT where it has them.
_ON_FOOT: dict[str, str] = {
    "walking": "walk casualwalking speedwalking powerwalking fitnesswalking racewalking dogwalking onfoot foot",
    "nordic_walking": "",
    "hiking": "hike trekking trek wandern rambling",
    "running": "run jogging jog streetrunning trackrunning treadmillrunning virtualrun ultrarun obstaclerun",
    "trail_running": "trailrun",
    "mountaineering": "",
    "snowshoeing": "snowshoe",
    "orienteering": "",
}
_NOT_ON_FOOT: dict[str, str] = {
    "cycling": "biking bike ride bicycle roadbiking roadcycling mountainbiking mountainbikeride mtb gravelcycling "
    "gravelride cyclocross indoorcycling indoorride virtualride handcycle velomobile bikecommuting cyclingsport "
    "cyclingtransportation",
    "e_biking": "ebikeride ebiking ebike emountainbikeride",
    "swimming": "swim openwaterswimming lapswimming poolswimming",
    "rowing": "row",
    "paddling": "kayaking canoeing standuppaddling standuppaddleboarding",
    "sailing": "sail boating boat",
    "surfing": "windsurfing windsurf kitesurfing kitesurf",
    "alpine_skiing": "alpineski skiing downhillskiing resortskiing resortskiingsnowboarding",
    "snowboarding": "snowboard",
    "cross_country_skiing": "nordicski xcskiing crosscountryski",
    "backcountry_skiing": "backcountryski skitouring",
    "skating": "inlineskating inlineskate iceskating iceskate rollerski rollerskiing skateboarding skateboard",
    "horseback_riding": "horseriding",
    "wheelchair": "wheelchairpushwalk wheelchairpushrun",
    "motorcycling": "motorcycle motorbike motorbiking",
    "driving": "car auto automotive drive",
    "transport": "transportation bus train tram metro subway ferry taxi",
    "flying": "airplane plane flight paragliding hanggliding",
}
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


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


_SPORTS = {
    word: sport
    for table in (_ON_FOOT, _NOT_ON_FOOT)
    for sport, others in table.items()
    for word in (_letters(sport), *others.split())
}


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
    word = _letters(text)
    return _STRAVA_NUMBERS.get(word) if creator[0] == "strava" and word.isdigit() else _SPORTS.get(word)


def is_on_foot(sport: str | None) -> bool | None:
    """True or False for a sport of `sport_of`, None where no sport is stated."""
    return None if sport is None else sport in _ON_FOOT
