"""Start tags of step records as columns.

Nearly all tags of a file are written in one of a few layouts, which is what remains of a tag without its values. A layout is
looked at once and says where in a tag's pieces between quotes each value stands.
"""

import re

import polars as pl

#: attributes of a record that are read
FIELDS = ("type", "sourceName", "device", "startDate", "endDate", "value")

_MAX_PIECES = 64
_NAME = r"[\w:.\-]++"
_BEFORE_VALUE = re.compile(rf"\s+({_NAME})\s*=\s*")
_TAG_END = re.compile(r"\s*/?>")
_TAG = re.compile(rf"""<Record(?:\s++{_NAME}\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+/?>""")
_ATTRIBUTE = re.compile(rf"""\s({_NAME})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_ENTITY = re.compile(r"&([^;&]*);|&")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LARGEST_CHARACTER = 0x10FFFF


def columns_of(tags: list[bytes]) -> pl.DataFrame:
    """A row per tag in order: the FIELDS as text, null where the tag lacks them or cannot be read. `device` is left as
    it is written, in the others entities are decoded and line ends are spaces, as XML says."""
    rows = _text(tags).to_frame().with_columns(pl.col("tag").str.split('"').alias("pieces")).with_row_index("row")
    count = min(int(rows.select(pl.col("pieces").list.len().max()).item()), _MAX_PIECES)
    between = [pl.col("pieces").list.get(place, null_on_oob=True) for place in range(0, count, 2)]
    rows = rows.with_columns(pl.concat_str(between, separator='"', ignore_nulls=True).alias("layout"))
    rows = rows.with_columns(
        pl.when(pl.col("pieces").list.len() <= _MAX_PIECES).then("layout").alias("layout"),
    ).join(_layouts(rows["layout"].unique()), on="layout", how="left", maintain_order="left")
    found = rows.select(
        "row",
        *(pl.col("pieces").list.get(pl.col(f"place_{field}"), null_on_oob=True).alias(field) for field in FIELDS),
    )
    odd = rows.filter(pl.col("is_plain").is_null())
    if odd.height:
        found = pl.concat([found.join(odd, on="row", how="anti"), _odd(odd)]).sort("row")
    return found.with_columns(decoded(found[field]) for field in FIELDS if field != "device").drop("row")


def decoded(column: pl.Series) -> pl.Series:
    """Attribute values as XML understands them; null for one with an entity that XML does not know."""
    written = column.filter(column.str.contains(r"[&\t\r\n]")).unique().to_list()
    return column.replace(written, [_decoded(value) for value in written]) if written else column


def _text(tags: list[bytes]) -> pl.Series:
    column = pl.Series("tag", tags, dtype=pl.Binary)
    try:
        return column.cast(pl.String)
    except pl.exceptions.ComputeError:
        # a name in another encoding: its steps count, and its escaped bytes are hashed like any name
        return pl.Series("tag", [tag.decode("utf-8", "backslashreplace") for tag in tags], dtype=pl.String)


def _layouts(layouts: pl.Series) -> pl.DataFrame:
    """layout, is_plain, and for each field the number of its piece. A layout with single quotes or another oddity is not here."""
    plain = [(layout, names) for layout in layouts.drop_nulls() if (names := _names(layout)) is not None]
    places = {
        f"place_{field}": [2 * names.index(field) + 1 if field in names else None for _, names in plain]
        for field in FIELDS
    }
    columns = {"layout": [layout for layout, _ in plain], "is_plain": [True] * len(plain), **places}
    types = {"layout": pl.String, "is_plain": pl.Boolean, **dict.fromkeys(places, pl.Int64)}
    return pl.DataFrame(columns, schema=types)


def _names(layout: str) -> list[str] | None:
    """The attributes of a layout in order; None if it is not <Record name="" name=""/>."""
    before, end = layout.removeprefix("<Record").split('"')[:-1], layout.rpartition('"')[2]
    found = [_BEFORE_VALUE.fullmatch(text) for text in before]
    if not layout.startswith("<Record") or not _TAG_END.fullmatch(end):
        return None
    names = [match[1] for match in found if match]
    return names if len(names) == len(found) else None


def _odd(rows: pl.DataFrame) -> pl.DataFrame:
    """Tags that are written as no phone does, one by one."""
    read = [
        {name: double or single for name, double, single in reversed(_ATTRIBUTE.findall(tag))}
        if _TAG.match(tag)
        else {}
        for tag in rows["tag"]
    ]
    columns = {field: pl.Series([row.get(field) for row in read], dtype=pl.String) for field in FIELDS}
    return pl.DataFrame({"row": rows["row"], **columns})


def _decoded(value: str) -> str | None:
    spaced = value.replace("\r\n", " ").translate({9: " ", 10: " ", 13: " "})
    characters = {entity[0]: _character(entity[1]) for entity in _ENTITY.finditer(spaced)}
    if None in characters.values():
        return None
    return _ENTITY.sub(lambda entity: characters[entity[0]] or "", spaced)


def _character(name: str | None) -> str | None:
    if name is None or not name.startswith("#"):
        return _ENTITIES.get(name or "")
    digits = name.removeprefix("#x")
    try:
        code = int(digits, 16) if digits != name else int(name[1:])
    except ValueError:
        return None
    return chr(code) if 0 < code <= _LARGEST_CHARACTER and not 0xD800 <= code < 0xE000 else None
