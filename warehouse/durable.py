"""Writes that a power cut cannot take back: bytes to the disk first, then the name, then the folder that holds the name."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

#: The disk writes what several threads ask for in one go; more do not make it faster.
_THREADS = 8


def sync_file(path: Path) -> None:
    """Returns when the bytes of a file are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Returns when the names in a folder are on the disk; systems that cannot open folders keep them by themselves."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_durably(beside: Path, target: Path) -> None:
    """Gives a file that lies in the same folder its final name, in place of what had it: the old or the new is there whole."""
    sync_file(beside)
    beside.replace(target)
    sync_folder(target.parent)


def replace_all_durably(pairs: Iterable[tuple[Path, Path]]) -> None:
    """As replace_durably for many (beside, target): all bytes first, then all names, then each folder once."""
    pairs = list(pairs)
    _each(sync_file, [beside for beside, _ in pairs])
    for beside, target in pairs:
        beside.replace(target)
    _each(sync_folder, sorted({target.parent for _, target in pairs}))


def _each(sync: Callable[[Path], None], paths: list[Path]) -> None:
    if len(paths) > 1:
        with ThreadPoolExecutor(min(_THREADS, len(paths))) as threads:
            list(threads.map(sync, paths))
    else:
        for path in paths:
            sync(path)


def write_durably(path: Path, text: str) -> None:
    """Writes a whole text file (UTF-8, LF) beside its name first, then in place of what had the name."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    replace_durably(beside, path)
