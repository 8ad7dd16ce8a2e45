"""Numbers and times of a text file as columns, equal to what is read one by one.

Eight characters are one 64-bit word, so a column of words is read at a time. What has another shape than the usual is
handed to `number` and to gpxpy's own reading of a time.
"""

import datetime as dt
import math
import re

import gpxpy.gpxfield
import numpy as np
import numpy.typing as npt

from connectors.gpx.text import FIRST, Places, Text, Words

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: a text that is no time; no recorder was there
NO_TIME = int(np.iinfo(np.int64).min)
#: what the text of a time can look like
TIMELIKE, EMPTY, MISSHAPEN = range(3)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIME_SHAPE = re.compile(r"[0-9T:.Z+ −-]{1,40}")
_TAIL = re.compile(rb"(\.[0-9]{1,15})?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_DAY_US = 86_400_000_000
_LONGEST = 64
#: 27 bits and 26: a double split so that products with 1e8 are exact. Source: Dekker 1971
_SPLIT = 2.0**27 + 1
_ROUNDING = 1 - 2.0**-10


def _repeated(byte: int) -> np.uint64:
    return np.uint64(byte * 0x0101010101010101)


_ZEROS, _HIGH, _LOW, _SIXES, _THREES = (_repeated(byte) for byte in (0x30, 0xF0, 0x0F, 0x06, 0x33))
#: the last n characters of a word
_LAST = ~FIRST[::-1]


def number(text: str) -> float | None:
    """The finite number that a text states, else None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def utc_us(time: dt.datetime | None) -> int:
    """Microseconds since 1970 in UTC; a time without a zone is UTC in GPX. NO_TIME if it is none, or has no instant."""
    try:
        utc = None if time is None else time.replace(tzinfo=time.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # an offset of a day or more, or outside the years 1 to 9999
        utc = None
    return NO_TIME if utc is None else (utc - _EPOCH) // dt.timedelta(microseconds=1)


def decimals(text: Text, start: Places, stop: Places) -> Floats:
    """The number from each start to each stop, rounded as float() rounds; NaN where there is none that is finite."""
    minus = text.bytes[start] == ord("-")
    first = start + minus
    length = stop - first
    whole = _digits_before_point(text, first, length)
    decimal_places = np.maximum(length - whole - 1, 0)
    fraction = first + whole + 1
    usual = (whole >= 1) & (length <= _LONGEST)
    whole = np.where(usual, whole, 1)
    thousands, fits = _eight_digits(text.words[first + whole - 8], _LAST[whole])
    usual &= fits
    upper, fits = _eight_digits(text.words[fraction], FIRST[np.minimum(decimal_places, 8)])
    usual &= fits
    scaled = (thousands * np.uint64(10**8) + upper).astype(np.float64)
    # both are exact, so that the quotient is rounded once. Source: Clinger 1990
    value = scaled / 1e8
    long = np.flatnonzero(usual & (decimal_places > 8))
    if len(long):
        value[long], sure = _quotient(text, scaled[long], fraction[long], decimal_places[long])
        usual[long] &= sure
    value = np.where(minus, -value, value)
    for place, odd in text.each(np.flatnonzero(~usual), start, stop):
        one = number(odd)
        value[place] = math.nan if one is None else one
    return value


def _digits_before_point(text: Text, first: Places, length: Places) -> Places:
    """One to four; 0 where it is none of these."""
    word = text.words[first]
    whole = np.where(length <= 4, np.maximum(length, 0), 0)
    for n in (4, 3, 2, 1):
        here = (word >> np.uint64(8 * n)) & np.uint64(0xFF) == ord(".")
        whole = np.where(here & (length > n), n, whole)
    return whole


def _eight_digits(word: Words, kept: Words) -> tuple[Words, Bools]:
    """The number that the kept characters of each word make, with zeros for the others; and where all are digits."""
    word = (word & kept) | (_ZEROS & ~kept)
    fits = ((word & _HIGH) | (((word + _SIXES) & _HIGH) >> np.uint64(4))) == _THREES
    word = ((word & _LOW) * np.uint64(2561)) >> np.uint64(8)
    word = ((word & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
    word = ((word & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> np.uint64(32)
    return word, fits


def _quotient(text: Text, scaled: Floats, fraction: Places, decimal_places: Places) -> tuple[Floats, Bools]:
    """scaled / 1e8 and what decimals 9 to 16 add, rounded once; and where that is sure to be the nearest double.

    The quotient has an exact remainder; with the other decimals it is a correction of more than 100 bits.
    """
    lower, sure = _eight_digits(text.words[fraction + 8], FIRST[np.minimum(decimal_places - 8, 8)])
    for more in range(16, int(decimal_places.max()), 8):
        rest = np.flatnonzero(decimal_places > more)
        sure[rest] &= _eight_digits(
            text.words[fraction[rest] + more], FIRST[np.minimum(decimal_places[rest] - more, 8)]
        )[1]
    quotient = scaled / 1e8
    high = quotient * _SPLIT - (quotient * _SPLIT - quotient)
    remainder = (scaled - high * 1e8) - (quotient - high) * 1e8
    correction = (remainder + lower.astype(np.float64) / 1e8) / 1e8
    value = quotient + correction
    left = np.abs(correction - (value - quotient))
    bits = value.view(np.int64)
    half_step = np.maximum((bits & 0x7FF0000000000000) - (53 << 52), 0).view(np.float64)
    unread = np.where(decimal_places > 16, 1.001e-16, 0.0)
    # below a power of two the doubles are closer
    sure &= (left + unread < half_step * _ROUNDING) & (bits & 0x000FFFFFFFFFFFFF != 0) & (value > 1e-3)
    return value, sure


def times(text: Text, start: Places, stop: Places) -> tuple[Places, Bools, npt.NDArray[np.uint8]]:
    """Microseconds since 1970 in UTC or NO_TIME, whether a zone is stated, and TIMELIKE, EMPTY or MISSHAPEN."""
    time_us = np.full(len(start), NO_TIME, dtype=np.int64)
    zoned = np.zeros(len(start), dtype=np.bool_)
    shape = np.full(len(start), TIMELIKE, dtype=np.uint8)
    length = stop - start
    usual = np.zeros(len(start), dtype=np.bool_)
    for size in np.unique(length[(length >= 19) & (length <= 41)]):
        same = np.flatnonzero(length == size)
        tail = _TAIL.fullmatch(text.raw, int(start[same[0]]) + 19, int(stop[same[0]]))
        if tail:
            decimal_places, zone = (len(part or b"") for part in tail.groups())
            time_us[same], usual[same] = _alike(text, start[same], decimal_places, zone)
            zoned[same] = zone > 0
    for place, odd in text.each(np.flatnonzero(~usual), start, stop, each_us=20):
        time = gpxpy.gpxfield.TIME_TYPE.from_string(odd) if is_timelike(odd) else None
        shape[place] = TIMELIKE if is_timelike(odd) else MISSHAPEN if odd else EMPTY
        time_us[place] = utc_us(time)
        zoned[place] = time is not None and time.tzinfo is not None
    return time_us, zoned, shape


def is_timelike(text: str) -> bool:
    """True for a text of the characters that a time is made of."""
    return _TIME_SHAPE.fullmatch(text) is not None


def _alike(text: Text, start: Places, point_digits: int, zone: int) -> tuple[Places, Bools]:
    """Times of one layout: YYYY-MM-DDTHH:MM:SS, a point with digits, and a zone of so many characters."""
    date, clock, seconds = (text.words[start + by] for by in (0, 8, 16))
    day_us, fits = _days_us(text, start, date, clock & np.uint64(0xFFFF))
    # T or blank
    fits &= _is(clock, 5, ":") & _is(seconds, 0, ":") & (_is(clock, 2, "T") | _is(clock, 2, " "))
    hour, minute, second = _two_digits(clock, 3), _two_digits(clock, 6), _two_digits(seconds, 1)
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    time_us = day_us + ((hour * 60 + minute) * 60 + second) * 1_000_000
    if point_digits:
        # microseconds; what is smaller is cut off, as gpxpy does
        decimal_places = point_digits - 1
        fraction, is_number = _eight_digits(text.words[start + 20], FIRST[[min(decimal_places, 8)]])
        if decimal_places > 8:
            is_number &= _eight_digits(text.words[start + 28], FIRST[[decimal_places - 8]])[1]
        fits &= is_number & _is(seconds, 3, ".")
        time_us += (fraction // np.uint64(100)).astype(np.int64)
    if zone:
        away_us, is_zone = _zones_us(text, start + 19 + point_digits, zone)
        time_us -= away_us
        fits &= is_zone
    return time_us, fits


def _days_us(text: Text, start: Places, date: Words, day: Words) -> tuple[Places, Bools]:
    """Midnight of each date, and where there is such a date. Recorders write one date many times over."""
    begins = np.flatnonzero(np.r_[True, (date[1:] != date[:-1]) | (day[1:] != day[:-1])])
    days = np.zeros(len(begins), dtype=np.int64)
    fits = np.zeros(len(begins), dtype=np.bool_)
    for run, place in enumerate(start[begins].tolist()):
        written = bytes(text.raw[place : place + 10])
        # other years, and what is no date, are left to gpxpy
        if re.fullmatch(rb"(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", written):
            try:
                days[run] = dt.date.fromisoformat(written.decode()).toordinal() - _EPOCH.toordinal()
            except ValueError:
                continue
            fits[run] = True
    lengths = np.diff(begins, append=len(start))
    return np.repeat(days * _DAY_US, lengths), np.repeat(fits, lengths)


def _zones_us(text: Text, start: Places, zone: int) -> tuple[Places, Bools]:
    if zone == 1:
        return np.zeros(1, dtype=np.int64), text.bytes[start] == ord("Z")
    word = text.words[start]
    minutes = _two_digits(word, 1) * 60 + _two_digits(word, zone - 2)
    west = _is(word, 0, "-")
    fits = (west | _is(word, 0, "+")) & (minutes < 1440)
    if zone == 6:
        fits &= _is(word, 3, ":")
    return np.where(west, -minutes, minutes) * 60_000_000, fits


def _is(word: Words, place: int, character: str) -> Bools:
    return np.asarray((word >> np.uint64(8 * place)) & np.uint64(0xFF) == ord(character))


def _two_digits(word: Words, place: int) -> Places:
    """The number that two characters make; more than 10,000 if they are no digits."""
    pair = ((word >> np.uint64(8 * place)) & np.uint64(0xFFFF)).astype(np.int64)
    tens, ones = (pair & 0xFF) - ord("0"), (pair >> 8) - ord("0")
    is_number = (tens >= 0) & (tens <= 9) & (ones >= 0) & (ones <= 9)
    return np.where(is_number, 10 * tens + ones, 100_000)
