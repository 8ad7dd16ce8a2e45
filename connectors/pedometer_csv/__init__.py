"""Step exports as tables: one reader for all of them, told by a `Dialect` what the file means.

The way of a file: `head` (which dialect, where its table starts; imports no polars) -> `reader` -> `rows` (text and
numbers by field; `documents` for JSON) -> `clock` and `spans` (from when to when) -> `checks` (what contradicts itself) ->
`counts` (what the numbers mean) -> `sources` (which device) -> a Recording.
"""
