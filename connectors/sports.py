"""Sports by the words that programs use for them, in our spelling, and which of them are on foot."""

import re

#: sport -> other spellings, letters and digits only. Slugs follow the sports of FIT where it has them.
_ON_FOOT: dict[str, str] = {
    "walking": "walk casualwalking speedwalking powerwalking fitnesswalking racewalking dogwalking indoorwalking "
    "treadmillwalking onfoot foot",
    "nordic_walking": "",
    "hiking": "hike trekking trek wandern rambling",
    "running": "run jogging jog streetrunning trackrunning treadmillrunning indoorrunning virtualrun ultrarun obstaclerun",
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
    "swimming": "swim openwaterswimming lapswimming poolswimming openwaterswim lapswim poolswim",
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


def letters(text: str) -> str:
    """The text in lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


_SPORTS = {
    word: sport
    for table in (_ON_FOOT, _NOT_ON_FOOT)
    for sport, others in table.items()
    for word in (letters(sport), *others.split())
}


def named_sport(text: str) -> str | None:
    """The sport that a word or two name; None for one that is not known."""
    return _SPORTS.get(letters(text))


def is_on_foot(sport: str | None) -> bool | None:
    """True or False for a sport of `named_sport`, None where no sport is stated."""
    return None if sport is None else sport in _ON_FOOT
