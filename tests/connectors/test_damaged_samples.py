"""What happens to copies on the way to a study, done to a sample of every dialect: each is refused with its reason."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import connectors
from connectors.dialect_file import built_in
from sample_data.vendors import Sample, samples

_STAMP = r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d| [+-]\d{4})?"
_DATE = r"(?:\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|\d{1,2}[-/][A-Z][a-z]{2}[-/]\d{4})"


def _text(sample: Sample) -> str:
    return sample.content.decode("utf-7" if b"+ACI-" in sample.content else "utf-8-sig")


def two_date_orders(text: str) -> str:
    """Day and month exchanged in the rows of the second half, as a spreadsheet leaves what it could not read."""
    # a day over 12 shows the order; where there is none, nobody can tell
    text = re.sub(r"\b(0?3)/12/2026", r"\1/14/2026", re.sub(r"\b12/(0?3)/2026", r"14/\1/2026", text))
    lines = text.split("\n")
    half = len(lines) * 2 // 3
    turned = [re.sub(r"\b(\d{1,2})/(\d{1,2})/(\d{4})", r"\2/\1/\3", line) for line in lines[half:]]
    return "\n".join(lines[:half] + turned)


def dates_alone(text: str) -> str:
    """The time of day cut off every stamp."""
    return re.sub(rf"({_DATE})[ T]{_STAMP}", r"\1", text)


def no_half_of_the_day(text: str) -> str:
    """AM and PM lost."""
    return re.sub(r"(\d:\d\d(?::\d\d)?) ?[AP]M", r"\1", text)


def short_ids(text: str) -> str:
    """Long numbers in the first column written as powers of ten."""
    return re.sub(r"(?m)^(\d)(\d{4})\d{5}(?=,)", r"\1.\2E+09", text)


def another_delimiter(text: str) -> str:
    """Columns parted by what no dialect reads, so that one column is left."""
    return re.sub(r"[,;]", "|", text)


def cut_off(text: str) -> str:
    """The end missing, from the middle of a row on."""
    end = text.rindex("\n", 0, len(text) * 3 // 4)
    if "\nActivities" in text:
        # a table in the middle of the file
        end = text.index("\n", text.index("\nActivities") + 300)
    return text[: end + 4]


def shifted(text: str) -> str:
    """A column lost from the header, so that every value stands under its neighbour's name."""
    lines = text.split("\n")
    at = next((n for n, line in enumerate(lines) if _is_header(line)), None)
    if at is None:
        return text
    lines[at] = re.split("[,;]", lines[at], maxsplit=1)[1]
    return "\n".join(lines)


def _is_header(line: str) -> bool:
    return re.match(r"com\.samsung|Body|.* Weight", line) is None and bool(
        re.search("[a-z]{3}.*[,;].*[a-z]{3}", line, re.I)
    )


DAMAGE: dict[str, Callable[[str], str]] = {
    function.__name__: function
    for function in (two_date_orders, dates_alone, no_half_of_the_day, short_ids, another_delimiter, cut_off, shifted)
}


def _concerns(damage: str, sample: Sample) -> bool:
    """Whether the damage changes anything that the dialect reads."""
    dialect = built_in()[sample.dialect]
    is_counted = any("{" not in form and "%" not in form for form in dialect.time.formats)
    if dialect.text.form == "json" and damage in ("shifted", "another_delimiter"):
        return False
    return {
        # rows without a date follow the one above the table
        "two_date_orders": "{date}" in "".join(dialect.time.formats) and "without_header" not in sample.name,
        "dates_alone": dialect.resolution != "day" and not is_counted,
        "no_half_of_the_day": "%p" in "".join(dialect.time.formats),
        "short_ids": bool(dialect.columns.participant),
        # a line that names the delimiter is believed
        "another_delimiter": not sample.content.startswith(b"sep="),
        "shifted": b"\nActivities" not in sample.content,
    }.get(damage, True)


def _twins() -> list[tuple[Sample, str]]:
    return [
        (sample, name)
        for sample in samples()
        for name, damage in DAMAGE.items()
        if sample.truth and _concerns(name, sample) and damage(_text(sample)) != _text(sample)
    ]


@pytest.mark.parametrize(("sample", "damage"), _twins(), ids=lambda value: getattr(value, "name", value))
def test_a_damaged_copy_is_refused_with_its_reason(sample: Sample, damage: str, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(DAMAGE[damage](_text(sample)).encode())
    with pytest.raises(connectors.ConnectorError) as refused:
        recording = connectors.read(path, names=(sample.name,))
        pytest.fail(
            f"{sample.dialect}: {recording.epochs.height} epochs, {recording.totals.height} totals, {recording.problems}"
        )
    assert refused.value.found
    assert refused.value.todo
