"""Trouble: damaged, empty and mistaken files, files of nobody, and copies. None changes a score."""

from collections.abc import Iterator

from sample_data.archives import zip_of
from sample_data.clock import seeded
from sample_data.csv_writer import Series, native_csv
from sample_data.exports import Export, activity, export
from sample_data.fit_monitoring import Watch, settings_file
from sample_data.fit_writer import message_starts
from sample_data.gpx_writer import gpx_without_times
from sample_data.life import Life
from sample_data.route import loop

#: ids that are not in participants.csv
UNKNOWN_FOLDER, UNKNOWN_IN_FILE = "W98", "W99"

#: where the file lies that is read up to its damage
DAMAGED = "inbox/W01/sent_again/damaged.fit"

#: a watch that is in nobody's hands
UNKNOWN_SERIAL = 3900000198

#: the start of a JPEG picture
PICTURE = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43\x00" + bytes(range(64)) * 4
)

#: a record header that names a local type which no file here defines
_UNDEFINED = b"\x0f" * 48


def damaged(fit: bytes) -> bytes:
    """A FIT file overwritten from its middle message on: the checksum fails, nothing after it can be decoded."""
    starts = message_starts(fit)
    message_start = starts[len(starts) // 2]
    return fit[:message_start] + _UNDEFINED + fit[message_start + len(_UNDEFINED) :]


def two_date_orders(label: str) -> bytes:
    """A Fitabase table that a spreadsheet saved: some dates month first, others day first."""
    rows = ("4/12/2026 9:00:00 AM,4", "4/12/2026 9:01:00 AM,11", "13/04/2026 9:00:00 AM,7", "4/14/2026 9:00:00 AM,5")
    return "\n".join(["Id,ActivityMinute,Steps", *(f"{label},{row}" for row in rows), ""]).encode()


def half_an_archive() -> bytes:
    """A zip whose second half, with the list of members, never arrived."""
    settings = settings_file(Watch(3900000103), 29_500_000).to_bytes()
    whole = zip_of({f"settings_{n}.fit": settings for n in range(8)})
    return whole[: len(whole) // 2]


def route_without_times() -> bytes:
    """A planned route."""
    return gpx_without_times("Planned", loop(seeded("planned"), 600, 1.3)[::3])


def rows_of(label: str, day_start: int) -> bytes:
    """An hour and a half of a pedometer, 40 minutes of it walking at 100 steps a minute."""
    steps = dict.fromkeys(range(day_start + 20, day_start + 60), 100)
    return native_csv([Series(label, [(day_start, day_start + 90)], steps)])


def trouble(lives: dict[str, Life], original: Export) -> Iterator[Export]:
    """Everything that must end as duplicate, quarantined, unattributed or no_step_data, and a file that is half readable.

    original: a monitoring file of W01, which is sent again whole and again damaged.
    """
    half = damaged(original.content)
    yield export(DAMAGED, half, "loaded", f"the first half of {original.path}; overwritten from the middle on")
    noon = lives["W08"].clock.utc(lives["W08"].participant.start_date, 12)
    for path, content, why in (
        ("W02/empty.fit", b"", "empty"),
        ("W03/half_an_archive.zip", half_an_archive(), "half a zip"),
        ("W06/saved_by_a_spreadsheet.csv", two_date_orders("W06"), "two date orders in one column"),
        ("W08/of_somebody_else.csv", rows_of("W09", noon), "the folder says W08, the file W09"),
        ("W12/holiday.fit", PICTURE, "a picture"),
    ):
        yield export(f"inbox/{path}", content, "quarantined", why)
    yield export("inbox/W11/planned_route.gpx", route_without_times(), "no_step_data", "positions without times")
    again = "inbox/W01/sent_again/the_same_day.fit"
    yield export(again, original.content, "duplicate", f"the same bytes as {original.path}")
    stranger = next(day.walks[0] for day in lives["W12"].days if day.walks and day.code == "M")
    content = activity(lives["W12"], stranger, UNKNOWN_SERIAL)
    yield export(f"inbox/{UNKNOWN_FOLDER}/activity.fit", content, "unattributed", "a folder of nobody in the study")
    content = rows_of(UNKNOWN_IN_FILE, noon)
    yield export("inbox/unknown_person.csv", content, "unattributed", "rows of nobody in the study")
