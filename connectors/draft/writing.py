"""TOML for a dialect, in which every assumption has a comment that says what it rests on."""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence

_WIDTH = 118


class Toml:
    """Lines of a dialect; what is said about a key stands above it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.questions = 0

    def table(self, name: str) -> None:
        self._lines += ["", f"[{name}]"]

    def note(self, text: str) -> None:
        """A comment on the next key: what it rests on."""
        self._lines += textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)

    def question(self, text: str) -> None:
        """A comment on what the file cannot answer; the next key is the careful choice."""
        self.questions += 1
        self.note(f"QUESTION: {text}")

    def key(self, name: str, value: str | int | bool | Sequence[str]) -> None:
        shown = f"[{', '.join(map(quoted, value))}]" if isinstance(value, list | tuple) else _one(value)
        self._lines.append(f"{name} = {shown}")

    def raw(self, line: str) -> None:
        self._lines.append(line)

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def _one(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """Text as TOML, without escapes where it can do without."""
    if ("\\" in text or '"' in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def pattern(text: str) -> str:
    """A regular expression for exactly this text, readable where it can be."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text).replace("\t", r"\t")


def choice(name: str) -> str:
    """A column name as a dialect lists it."""
    plain = "|" not in name and not (len(name) > 1 and name[0] == name[-1] == "/")
    return name if plain else f"/{pattern(name)}/"


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" if name else "(no name)" for name in names)
