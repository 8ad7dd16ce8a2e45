"""What a power cut would leave of a traced run, in the worst case: only what was synced is certain.

A file's bytes are certain once a sync of the file that began after they were written has ended; a name (new, replaced or
taken away) once a sync of its folder has. Until then a name may stand for what it stood for before, or for what it stands for
now.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

SYSCALLS = (
    "openat,creat,write,pwrite64,writev,pwritev,sendfile,copy_file_range,ftruncate,truncate,rename,renameat,renameat2,"
    "unlink,unlinkat,fsync,fdatasync,link,linkat"
)
_WRITES = ("write", "pwrite64", "writev", "pwritev", "ftruncate")


class Event(NamedTuple):
    """One system call: began and ended are numbers of lines of the trace; paths: those of its arguments, absolute."""

    call: str
    paths: list[str]
    flags: str
    began: int
    ended: int


def events(trace: Path, root: Path) -> Iterator[Event]:
    """The successful calls of a trace by `strace -f -y -s 0` that concern the folder, as they ended."""
    begun: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(trace.read_text(encoding="utf-8", errors="replace").splitlines()):
        process, _, text = line.partition(" ")
        text, began = text.strip(), number
        if text.endswith("<unfinished ...>"):
            begun[process] = (text.removesuffix("<unfinished ...>"), number)
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>", text):
            start, began = begun.pop(process, ("", number))
            text = start + text[resumed.end() :]
        match = re.fullmatch(r"(\w+)\((.*)\)\s+= (-?\d+).*", text)
        if match and not match[3].startswith("-") and str(root) in match[2]:
            paths = [path for path in re.findall(r'[<"](/[^>"]*)[>"]', match[2]) if path.startswith(str(root))]
            yield Event(match[1], paths, match[2], began, number)


@dataclasses.dataclass
class File:
    """Bytes of a file. written: the last line that wrote to it; synced: the last that began a sync which has ended."""

    written: int = -1
    synced: int = -1

    @property
    def is_certain(self) -> bool:
        """True if a power cut leaves all its bytes."""
        return self.written <= self.synced


class Disk:
    """The files of a folder as a run changes them; whatever lies there before the run is certain."""

    def __init__(self, root: Path) -> None:
        #: what each name may stand for after a power cut, with the line that gave it, the latest last; None = no file
        self.names: dict[str, list[tuple[int, File | None]]] = {
            str(path): [(-1, File())] for path in root.rglob("*") if path.is_file()
        }

    def now(self, path: str) -> File | None:
        """The file of that name for a process that looks now."""
        return self.names.get(path, [(-1, None)])[-1][1]

    def _give(self, path: str, file: File | None, at: int) -> None:
        self.names.setdefault(path, [(-1, None)]).append((at, file))

    def apply(self, event: Event) -> None:
        """What the call does."""
        call, paths, at = event.call, event.paths, event.began
        if call in ("openat", "creat"):
            self._open(paths[-1], event)
        elif call in _WRITES and (file := self.now(paths[0])):
            file.written = max(file.written, event.ended)
        elif call in ("sendfile", "copy_file_range"):
            # target first for one, last for the other; a source that counts as written is on the safe side
            for path in paths:
                if file := self.now(path):
                    file.written = max(file.written, event.ended)
        elif call in ("fsync", "fdatasync"):
            self._sync(paths[0], at)
        elif call.startswith("rename"):
            self._give(paths[-1], self.now(paths[0]), at)
            self._give(paths[0], None, at)
        elif call.startswith("link"):
            self._give(paths[-1], self.now(paths[0]), at)
        elif call.startswith("unlink"):
            self._give(paths[-1], None, at)

    def _open(self, path: str, event: Event) -> None:
        file = self.now(path)
        if file is None and "O_CREAT" in event.flags:
            self._give(path, File(written=event.began), event.began)
        elif file and "O_TRUNC" in event.flags:
            file.written = event.ended

    def _sync(self, path: str, began: int) -> None:
        if file := self.now(path):
            file.synced = max(file.synced, began)
            return
        for name, may_be in self.names.items():
            if str(PurePosixPath(name).parent) == path:
                # what was done before the sync began is done; what came later may still come to nothing
                certain = [at for at, (line, _) in enumerate(may_be) if line < began]
                self.names[name] = may_be[certain[-1] :] if certain else may_be

    def is_certain(self, path: str) -> bool:
        """True if a power cut leaves a file of that name, with all its bytes, whichever of the possible ones it is."""
        return all(file is not None and file.is_certain for _, file in self.names.get(path, [(-1, None)]))
