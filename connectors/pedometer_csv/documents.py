"""JSON on the way in: a file that is a list of objects, documents in cells, lists in cells."""

import io
import json
from pathlib import Path
from typing import Any

import polars as pl

from connectors.dialect import Dialect
from connectors.errors import CorruptFileError
from connectors.pedometer_csv.head import Layout, normal_name, place, read_head


def list_of_objects(data: bytes, layout: Layout, path: Path) -> pl.DataFrame:
    """A JSON list of flat objects as text columns c0, c1, ... in the order of the first object's keys, and `line`.

    `line` is the number of the object, counted from 1. Raises CorruptFileError for JSON that ends too early.
    """
    head = read_head(path)
    keys = head.keys if head and head.keys else ()
    try:
        rows = pl.read_json(io.BytesIO(data), schema=dict.fromkeys(keys, pl.String()))
    except (pl.exceptions.PolarsError, ValueError) as error:
        # the text of this error quotes the file
        raise CorruptFileError(
            path,
            expected="a whole JSON list of objects",
            found="one that is cut off or damaged",
            todo="Copy or download it again.",
        ) from error
    columns = [pl.col(key).alias(f"c{n}") for n, key in enumerate(keys)]
    return (
        rows.select(*columns, pl.lit(None, dtype=pl.String).alias("surplus"))
        .with_row_index("line", 1)
        .with_columns(pl.col("line").cast(pl.Int64))
    )


def document_rows(
    rows: pl.DataFrame, names: tuple[str, ...], dialect: Dialect, path: Path
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row for each object in the list that every document holds, with the keys, `date` and `interval` as further columns.

    A document is a day or more: its objects are collected one document after the other, never one row after the other.
    """
    rule, column = dialect.json, place(dialect.json.column, names)
    texts = [None] * rows.height if column is None else rows[f"c{column}"].to_list()
    lists: list[list[dict[str, Any]]] = []
    dates: list[str | None] = []
    lengths: list[str | None] = []
    for line, text in zip(rows["line"].to_list(), texts, strict=True):
        try:
            document = json.loads(text) if text else {}
            lists.append([item for item in _at(document, rule.rows) or [] if isinstance(item, dict)])
            dates.append(_text(_at(document, rule.date)) if rule.date else None)
            lengths.append(_text(_at(document, rule.interval)) if rule.interval else None)
        except (ValueError, TypeError, RecursionError) as error:
            raise CorruptFileError(
                path,
                expected="a JSON document in the cell",
                found="one that is cut off or damaged",
                where=f"line {line}",
                todo="Export again.",
            ) from error
    keys = list(dict.fromkeys(key for items in lists for item in items[:1] for key in item))
    inner = pl.DataFrame(
        {
            "row": [n for n, items in enumerate(lists) for _ in items],
            **{f"k{i}": [_text(item.get(key)) for items in lists for item in items] for i, key in enumerate(keys)},
            "date": [date for items, date in zip(lists, dates, strict=True) for _ in items],
            "interval": [length for items, length in zip(lists, lengths, strict=True) for _ in items],
        },
        schema={
            "row": pl.UInt32,
            **{f"k{i}": pl.String() for i in range(len(keys))},
            "date": pl.String(),
            "interval": pl.String(),
        },
    )
    width = len(names)
    outer = rows.with_row_index("row")
    found = inner.join(outer, on="row", how="left", maintain_order="left").select(
        *(pl.col(f"c{n}") for n in range(width)),
        *(pl.col(f"k{i}").alias(f"c{width + i}") for i in range(len(keys))),
        pl.col("date").alias(f"c{width + len(keys)}"),
        pl.col("interval").alias(f"c{width + len(keys) + 1}"),
        "surplus",
        "line",
    )
    return found, (*names, *(normal_name(key) for key in keys), "date", "interval")


def _at(document: Any, path: str) -> Any:
    """What lies under a path of keys and list places with dots between; None if a step is missing."""
    for step in path.split(".") if path else ():
        if isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return None
    return document


def _text(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value)
