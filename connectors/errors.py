"""Errors a file can cause: each says what was expected, what was found, where, and what to do."""

from pathlib import Path


class ConnectorError(Exception):
    """A file that cannot be turned into a Recording; the file is set aside, the run goes on.

    The message holds no coordinate, name, serial number or other free text of the file: it is shown in logs and
    reason files. `path` is the file, `where` the byte, line or field, `todo` the next step for a person.
    """

    #: status the ledger gives such a file
    status = "quarantined"

    def __init__(self, path: Path, *, expected: str, found: str, where: str = "", todo: str = "") -> None:
        self.path = Path(path)
        self.expected = expected
        self.found = found
        self.where = where
        self.todo = todo
        place = f" at {where}" if where else ""
        advice = f" {todo}" if todo else ""
        super().__init__(f"expected {expected}; found {found}{place}.{advice}")

    def __reduce__(self) -> tuple[object, ...]:
        # keyword-only arguments: the default would call __init__ with the message alone
        return _rebuild, (type(self), self.path, self.expected, self.found, self.where, self.todo)


def _rebuild(
    kind: type[ConnectorError], path: Path, expected: str, found: str, where: str, todo: str
) -> ConnectorError:
    return kind(path, expected=expected, found=found, where=where, todo=todo)


class UnknownFormatError(ConnectorError):
    """No connector or dialect claims the file."""


class AmbiguousFormatError(ConnectorError):
    """More than one connector or dialect claims the file."""


class CorruptFileError(ConnectorError):
    """The file is of a known format, but its content contradicts that format."""


class NoStepDataError(ConnectorError):
    """The file is sound and holds nothing that could become a walking minute."""

    status = "no_step_data"
