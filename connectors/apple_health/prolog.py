"""What stands before the records of an export.xml: byte order mark, declaration, comments, and a DTD that may be malformed."""

import re

#: as far as the root element must be found. The DTD of iOS 17 takes 9 KB.
HEAD_BYTES = 65_536

_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\r\n]*")
_ROOT = re.compile(rb"<HealthData(?=[\s/>])")
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*\sencoding\s*=\s*[\"'](?!utf-?8[\"']|us-ascii[\"'])", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE(?:[^\[>\"']|\"[^\"]*+\"|'[^']*+')*+([\[>])")
#: what within a DTD may hide its end. iOS 16 wrote DTDs that no parser accepts, so the declarations are not looked at.
_IN_DTD = re.compile(rb"<!--|<\?|<!ENTITY\s|\]\s*>")
_ENTITY = re.compile(rb"<!ENTITY(?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+>")
_EXPORTED = re.compile(rb"<ExportDate\s(?:[^<]*?\s)??value\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")


def root_at(head: bytes) -> int | None:
    """Where the start tag of HealthData begins in a file's first bytes; None if they are no Apple Health export in UTF-8."""
    place = len(_BOM) if head.startswith(_BOM) else 0
    if _OTHER_ENCODING.match(head, place):
        return None
    while place >= 0:
        place = _SPACE.match(head, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        if _ROOT.match(head, place):
            return place
        if head.startswith((b"<?", b"<!--"), place):
            place = _after(head, place)
        elif doctype := _DOCTYPE.match(head, place):
            place = doctype.end() if doctype[1] == b">" else _after_dtd(head, doctype.end())
        else:
            return None
    return None


def exported(head: bytes) -> str | None:
    """The stamp of the element ExportDate, which is the first of the root's children."""
    found = _EXPORTED.search(head)
    return (found[1] or found[2] or b"").decode("ascii", "replace") if found else None


def _after_dtd(head: bytes, place: int) -> int:
    """The byte behind a DTD's internal subset, -1 if it does not end."""
    while found := _IN_DTD.search(head, place):
        if found[0].startswith(b"]"):
            return found.end()
        if found[0].startswith(b"<!ENTITY"):
            entity = _ENTITY.match(head, found.start())
            place = entity.end() if entity else -1
        else:
            place = _after(head, found.start())
        if place < 0:
            break
    return -1


def _after(head: bytes, place: int) -> int:
    """The byte behind the comment or processing instruction that begins at `place`, -1 if it does not end."""
    closing = b"-->" if head.startswith(b"<!--", place) else b"?>"
    end = head.find(closing, place + (4 if closing == b"-->" else 2))
    return end + len(closing) if end >= 0 else -1
