"""What column names say, in the languages of the exports people bring. Names are in normal form (lower case)."""

import re
from collections.abc import Callable

#: whether a name says something
Says = Callable[[str], object]


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words))


#: English, German, French, Spanish, Italian, Portuguese, Dutch, Danish, Norwegian, Swedish, Polish, Czech, Finnish,
#: Hungarian, Turkish, Russian, Chinese, Japanese, Korean
STEPS = _any(
    r"steps?(?![a-z])", "step.?count", "schritt", r"\bpas\b", "pasos", r"\bpassi\b", "passos", "stappen", "skridt", "skritt",
    r"\bsteg", "krok", "askel", "lépés", "adım", "шаг", "步", "歩", "걸음", "stride", "zancada", "foulée",
)  # fmt: skip
#: names that speak of steps and do not count them
NOT_STEPS = _any(
    "goal", "target", "ziel", "objecti", "objetivo", "obiettivo", "doel", r"\bmål", r"\bcel\b", "length", "länge",
    "longueur", "cadence", "kadenz", "cadenza", "frequen", "rate", r"per min", r"/\s*min", "pro min", "speed", "percent", "%",
)  # fmt: skip
STRIDES = _any("stride", "doppelschritt", "zancada", "foulée")
TOTAL = _any("total", "gesamt", "cumul", "kumul", "totaal", "acumul", "counter", "zähler", "summe", "running")
DEVICE = _any(
    "device", "gerät", "geraet", "serial", "seriennr", "appareil", "dispositiv", "apparaat", r"\benhe[dt]", "sensor",
    "tracker", r"\bsource\b", "quelle", "urządzenie", r"\bs/?n\b", "pedometer", "podom", "schrittzähler",
)  # fmt: skip
ID = _any(r"(^|[^a-z])[a-z]?id$", r"[a-z]id$", "index", r"^no\.?$", r"^nr\.?$", r"^#$", "number of row")
PARTICIPANT = _any(
    "particip", "partecip", "subject", r"\bid\b", r"\buser", r"\bperson", "patient", "teilnehm", "proband", r"\bsujet",
    "paciente", "deelnemer", "deltag", "uczestnik", r"\bpid\b", r"_id\b", "respondent", "pseudonym",
)  # fmt: skip
#: where somebody is or who it is: never to be stored
PRIVATE = _any(
    r"\blat(itude)?\b", r"\b(lon|lng|long|longitude)\b", "breitengrad", "längengrad", "latitud", "longitud", "gps",
    r"\b(first |last |full |sur|user)?_?name\b", "vorname", "nachname", "familienname", r"^nom\b", "prénom", r"^nombre$",
    "apellido", "cognome", r"^naam$", r"^navn$", r"^namn$", r"^imię$", "nazwisko", "birth", "geburt", "naissance",
    "nacimiento", "nascita", "geboorte", "fødsel", "födelse", r"\bdob\b", r"e-?mail", "phone", "telefon", "address",
    "adresse", "postcode", r"\bzip\b", "postleitzahl",
)  # fmt: skip
DISTANCE = _any("dist", "strecke", "entfernung", "afstand")
METRES = _any(r"[(\[_ ]m[)\]]?$", "met(er|re)s?$")
HEART_RATE = _any("heart", r"\bhr\b", r"\bbpm\b", r"\bpuls", "herzfreq", "hartslag")
DURATION = _any(
    "duration", "dauer", "durée", "duración", "duracion", "durata", "duração", "duur", "varighed", "elapsed"
)
START = _any("start", "begin", r"\bfrom\b", r"\bvon\b", "début", "debut", "inicio", "inizio", "desde")
END = _any(
    r"(^|[^a-z])end", "stop", "finish", r"\bbis\b", r"\bto\b", r"\bfin\b", r"\bfine\b", "einde", r"\bslut", "until"
)
CLOCK = _any(
    "time", "uhr", "zeit", r"\bhora", "heure", r"\bora\b", "tijd", r"\btid\b", "godz", "clock", "hhmm", "klok",
)  # fmt: skip
HOUR = _any(r"^(hour|stunde|hora|heure|ora|uur|time|tid|godzina)\b")
TIME = _any(
    "stamp", "date", "datum", "epoch", "fecha", r"\bdato\b", r"\bdata\b", "day", r"\btag\b", "jour", CLOCK.pattern
)
UTC = _any(r"(\b|_)(utc|gmt)(\b|_)", r"(utc|gmt)$")
#: words for nothing in a cell
NOTHING = frozenset(
    (
        "na",
        "n/a",
        "#n/a",
        "n.a.",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "---",
        "–",
        "?",
        ".",
        "missing",
        "k.a.",
        "nd",
        "n.d.",
        "s/o",
    )
)
