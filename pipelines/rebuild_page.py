"""Says what a rebuild found: sentences, and the first cells that differ."""

from pipelines.printing import Format, print_answer
from pipelines.rebuild import Rebuilt
from warehouse.compare import in_words
from warehouse.research import Answer

_LISTED = 20
_COLUMNS = ["table", "rows_that_differ", "row", "column", "here", "rebuilt"]


def print_rebuilt(found: Rebuilt, form: Format) -> bool:
    """Prints what a rebuild found; True if nothing needs a person: equal, put in place, or restored whole."""
    lost = [("missing", key) for key in found.missing] + [("damaged", key) for key in found.damaged]
    is_stopped = bool(lost) and found.outcome == "different" and not found.tables
    if form != "table":
        print_answer(_cells(found, lost), form)
        return not lost and found.outcome != "different"
    _print_lost(lost, is_stopped=is_stopped)
    if found.orphans:
        names = ", ".join(key[:12] for key in found.orphans[:_LISTED])
        _say(
            f"{len(found.orphans):,} originals in archive/ have no receipt and were not read ({names}): a run was ended before"
            " it noted them, and their files still lie in the inbox."
        )
    if is_stopped:
        return False
    if found.tables:
        _say(_outcome(found))
        for table in found.different:
            _say(f"  {table.table.removeprefix('main.')}: {table.differing:,} rows differ")
        if found.different:
            print_answer(_cells(found, []), form, "The first of them")
    if found.outcome == "different":
        _say(
            "Nothing was changed. `footfall rebuild --replace` puts the rebuilt tables in place and publishes them; then"
            " `footfall diff previous published` lists the weeks that change, and why."
        )
    elif found.outcome == "replaced":
        _say(
            "The rebuilt tables are in place and published: `footfall diff previous published` lists the weeks that changed."
        )
    elif found.outcome == "restored":
        _say(f"The private database was made again from {found.contents:,} contents, and published.")
    return not lost and found.outcome != "different"


def _outcome(found: Rebuilt) -> str:
    tables = len(found.tables)
    if not found.different:
        return f"equal: {found.rows:,} rows of {tables} tables, made again from {found.contents:,} contents."
    differing = sum(table.differing for table in found.different)
    return f"different: {differing:,} rows of {len(found.different)} tables, of {found.rows:,} rows of {tables} tables."


def _print_lost(lost: list[tuple[str, str]], *, is_stopped: bool) -> None:
    for state, key in lost:
        _say(f"  {state}: {key}")
    if lost:
        _say(
            f"{len(lost):,} originals are missing or damaged. Put them back into archive/ or quarantine/ from a backup."
        )
    if is_stopped:
        _say(
            "Nothing was compared or changed. `footfall rebuild --replace` goes on without them: they are set aside, and the"
            " minutes that they told of count as missing."
        )


def _cells(found: Rebuilt, lost: list[tuple[str, str]]) -> Answer:
    rows: list[list[object]] = [
        [
            table.table.removeprefix("main."), table.differing, cell.where, cell.column or "(the whole row)",
            in_words(cell.here), in_words(cell.there),
        ]
        for table in found.different
        for cell in table.first
    ]  # fmt: skip
    return Answer(_COLUMNS, [*rows, *([f"original {state}", None, key, None, None, None] for state, key in lost)])


def _say(text: str) -> None:
    print(text)  # noqa: T201 - printing is what this module is for
