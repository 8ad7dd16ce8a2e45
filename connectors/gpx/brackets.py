"""Where the tags of a text begin and end, and where a text that was cut off does."""

import numpy as np

from connectors.gpx.text import Declined, Places, Text, overwrite_marked


def brackets(text: Text, begin: int, *, is_last: bool) -> tuple[Places, Places, Places, int]:
    """The places of '<' and '>', which alternate, of what was overwritten, and of a tag that does not end, else -1."""
    partial = text.raw.rfind(b"<", begin, text.stop)
    if partial >= 0 and text.raw.find(b">", partial, text.stop) >= 0:
        partial = -1
    stop = partial if partial >= 0 else text.stop
    opens = text.find_all("<", begin, stop)
    masked = np.empty(0, dtype=np.int64)
    after = text.bytes[opens + 1]
    if ((after == ord("!")) | (after == ord("?"))).any():
        ends, masked = overwrite_marked(text, begin, stop)
        if ends < stop and is_last:
            raise Declined("a comment or CDATA without end")
        stop = ends
        opens = text.find_all("<", begin, stop)
        if (text.bytes[opens + 1] == ord("!")).any():
            raise Declined("a document type")
    if is_last and partial >= 0 and not _is_plain_partial(text, partial):
        raise Declined("cut off within an unusual tag")
    closes = text.find_all(">", begin, stop)
    if len(opens) != len(closes) or not ((opens < closes).all() and (closes[:-1] < opens[1:]).all()):
        raise Declined("brackets that are no tags")
    if (np.searchsorted(opens, masked) != np.searchsorted(closes, masked)).any():
        raise Declined("a comment or CDATA within a tag")
    return opens, closes, masked, partial


def _is_plain_partial(text: Text, partial: int) -> bool:
    """True for a tag on one line: a parser that gives up within it names that line."""
    written = text.raw[partial : text.stop]
    return not written.startswith((b"<!", b"<?")) and b"\n" not in written and b"\r" not in written


def cut_at(text: Text, stop: int) -> int:
    """Where a parser says that a text ends early that stops here."""
    # a parser does not count a carriage return that might be half of a line break
    return stop - 1 if stop == text.stop and text.raw[stop - 1] == ord("\r") else stop
