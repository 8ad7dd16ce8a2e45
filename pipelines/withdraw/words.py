"""A participant's id as a word: found in names and text, never inside another id, and taken out of them."""

import re
from collections.abc import Iterable

#: What stands where an id stood.
IN_PLACE = "withdrawn"


class Words:
    """The id of one participant as it can stand in text: not as a part of a longer word, nor of another participant's id.

    others: ids that may hold this one as a part, as P1-2 holds P1.
    """

    def __init__(self, participant_id: str, others: Iterable[str] = ()) -> None:
        self.participant_id = participant_id
        #: A number is found wherever anything is counted, so it is looked for only where ids and names stand.
        self.is_number = participant_id.isdigit()
        one = _word(participant_id)
        longer = sorted({other for other in others if other != participant_id and re.search(one, other)}, key=len)
        #: Longer ids and names that hold this one, and are not taken for it.
        self.longer = tuple(sorted(longer))
        text = "|".join([*(_word(other) for other in reversed(longer)), f"({one})"])
        self._pattern, self._bytes = re.compile(text), re.compile(text.encode())
        #: The same for DuckDB, whose patterns cannot look behind; it finds those inside other ids too.
        self.sql_pattern = f"(^|[^A-Za-z0-9]){re.escape(participant_id)}([^A-Za-z0-9]|$)"

    def in_text(self, text: str) -> bool:
        """True if the id stands in the text."""
        return self.participant_id in text and any(hit[1] for hit in self._pattern.finditer(text))

    def in_bytes(self, data: bytes) -> bool:
        """True if the id stands in the bytes, read as UTF-8 or another encoding that holds ASCII."""
        return self.participant_id.encode() in data and any(hit[1] for hit in self._bytes.finditer(data))

    def in_name(self, name: str) -> bool:
        """True if a path or file name names the id: any word of it, or of a number only a whole folder or name."""
        if not self.is_number:
            return self.in_text(name)
        parts = re.split(r"!/|/", name)
        return self.participant_id in parts or self.participant_id in {part.split(".", 1)[0] for part in parts}

    def out_of(self, text: str) -> str:
        """The text with another word in place of the id."""
        return self._pattern.sub(lambda hit: IN_PLACE if hit[1] else hit[0], text)

    def out_of_name(self, name: str) -> str:
        """The path or file name without the id: a folder of that name goes, elsewhere another word takes its place."""
        if not self.in_name(name):
            return name
        inner = [
            "/".join(part for part in level.split("/") if part != self.participant_id) for level in name.split("!/")
        ]
        kept = "!/".join(level or IN_PLACE for level in inner)
        if not self.is_number:
            return self.out_of(kept)
        stem = rf"(^|/){self.participant_id}(?=\.|/|!|$)"
        return re.sub(stem, rf"\g<1>{IN_PLACE}", kept)


def _word(participant_id: str) -> str:
    return rf"(?<![A-Za-z0-9]){re.escape(participant_id)}(?![A-Za-z0-9])"
