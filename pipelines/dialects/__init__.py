"""`footfall dialect`: who reads a file and how it is understood, and a first dialect for a file that nobody reads."""

import contextlib
import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import connectors
from connectors.dialect_file import DialectError, built_in, known, load
from connectors.draft import draft
from connectors.draft.header import find_header
from connectors.errors import AmbiguousFormatError, ConnectorError, UnknownFormatError
from connectors.pedometer_csv.head import claims, read_head
from connectors.problems import in_words
from pipelines.dialects.figures import figures, warnings
from pipelines.dialects.meaning import claim_in_words
from pipelines.dialects.nearest import nearest
from pipelines.dialects.sections import Checked, Section, print_checked
from pipelines.errors import FootfallError, StudyError
from pipelines.printing import Format
from pipelines.settings import FILE_NAME, read_settings
from pipelines.study_folder import find_study


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a file is read with: the folder of the study's dialects and its time zone, if there is a study; and a draft, which
    lies in that folder."""

    dialect_folder: Path | None = None
    time_zone: str | None = None
    draft: str | None = None

    def origin(self, dialect: str) -> str:
        """Where a dialect is from, in words."""
        if dialect == self.draft:
            return "this draft"
        is_own = self.dialect_folder is not None and (self.dialect_folder / f"{dialect}.toml").is_file()
        return "of the study" if is_own else "built in"


@dataclasses.dataclass(frozen=True)
class _Source:
    """One file, or one member of an archive, under the names it came by; error: it cannot be unpacked."""

    path: Path
    name: str
    error: ConnectorError | None = None


def check(paths: Sequence[Path], study: Path | None, form: Format) -> bool:
    """Prints how each file is understood; True if exactly one connector or dialect claims each, and could read it."""
    around = _surroundings(study)
    with tempfile.TemporaryDirectory() as folder:
        sources = (source for path in paths for source in _sources(path, Path(folder)))
        return print_checked((_check(source, around) for source in sources), form)


def propose(path: Path, out: Path | None, study: Path | None) -> None:
    """Prints a dialect for a file that nobody claims, or writes it; then what `check` shows with it.

    The check goes to standard output if the dialect goes to a file, else to standard error.
    """
    around = _surroundings(study)
    if out is not None and out.exists():
        raise FootfallError(f"expected a new file; found {out}. It was not changed: choose another name, or remove it.")
    if out is not None and not out.parent.is_dir():
        raise FootfallError(f"expected a folder {out.parent}; found none.")
    if out is not None and (out.suffix != ".toml" or out.stem in built_in()):
        raise FootfallError(f"expected a name that ends in .toml and is no built-in dialect's; found {out.name!r}.")
    with tempfile.TemporaryDirectory() as folder:
        source = _one_source(path, Path(folder))
        _refuse_claimed(source, around)
        try:
            made = draft(source.path, known(around.dialect_folder), [source.name])
        except ConnectorError as error:
            raise FootfallError(f"{source.name}: {error}") from error
        if out is None:
            sys.stdout.write(made.toml)
            sys.stdout.flush()
        else:
            out.write_text(made.toml, encoding="utf-8", newline="\n")
        name = "draft" if out is None else out.stem
        with _with_draft(around, name, made.toml) as drafted, contextlib.ExitStack() as stack:
            if out is None:
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            print_checked([_with_questions(_check(source, drafted), made.questions, out)], "table")


def _with_questions(checked: Checked, questions: int, out: Path | None) -> Checked:
    where = f"It is in {out}." if out else "It went to standard output."
    verdict = f"{checked.verdict} The draft asks {questions} questions: answer each in it. {where}"
    return dataclasses.replace(checked, verdict=verdict)


def _surroundings(given: Path | None) -> Surroundings:
    """The study that is named, or the nearest one upwards, or none."""
    try:
        study = find_study(given)
    except StudyError:
        if given is not None:
            raise
        return Surroundings()
    _refuse_malformed(study.dialects)
    return Surroundings(study.dialects, read_settings(study.root / FILE_NAME).time_zone)


def _refuse_malformed(folder: Path) -> None:
    """Nothing; raises with every dialect of the study that cannot be used."""
    wrong = []
    for path in sorted(folder.glob("*.toml")):
        try:
            load(path)
        except DialectError as error:
            wrong.append(f"{path}: {error.key or 'the file'}: {error.problem}")
    if wrong:
        raise FootfallError("; ".join(wrong) + ".")


@contextlib.contextmanager
def _with_draft(around: Surroundings, name: str, toml: str) -> Iterator[Surroundings]:
    """The same with one dialect more."""
    with tempfile.TemporaryDirectory() as folder:
        own = [] if around.dialect_folder is None else sorted(around.dialect_folder.glob("*.toml"))
        for path in own:
            shutil.copyfile(path, Path(folder) / path.name)
        (Path(folder) / f"{name}.toml").write_text(toml, encoding="utf-8")
        yield dataclasses.replace(around, dialect_folder=Path(folder), draft=name)


def _sources(path: Path, folder: Path) -> Iterator[_Source]:
    """The file, or for an archive each file in it."""
    if not path.is_file():
        raise FootfallError(f"expected a file; found {'a folder' if path.is_dir() else 'nothing'} at {path}.")
    try:
        if not connectors.is_container(path):
            yield _Source(path, path.name)
            return
        members = connectors.unpack(path, Path(tempfile.mkdtemp(dir=folder)))
    except ConnectorError as error:
        yield _Source(path, path.name, error)
        return
    yield from (_Source(member.path, f"{path.name}!/{member.name}", member.error) for member in members)


def _one_source(path: Path, folder: Path) -> _Source:
    sources = list(_sources(path, folder))
    if len(sources) > 1:
        raise FootfallError(
            f"expected one file; found {len(sources):,} in {path.name}. Unpack it and name one of them."
        )
    if error := sources[0].error:
        raise FootfallError(f"{path.name}: {error}")
    return sources[0]


def _refuse_claimed(source: _Source, around: Surroundings) -> None:
    try:
        claim = connectors.identify(source.path, dialect_folder=around.dialect_folder, names=[source.name])
    except UnknownFormatError:
        return
    except ConnectorError as error:
        raise FootfallError(f"{source.name}: {error} Nothing was drafted.") from error
    raise FootfallError(
        f"{source.name} is read already, by {claim}. Nothing was drafted; `footfall dialect check` shows how it is understood."
    )


def _check(source: _Source, around: Surroundings) -> Checked:
    path, folder, names = source.path, around.dialect_folder, [source.name]
    if source.error is not None:
        return Checked(source.name, [], f"Cannot be unpacked: {source.error}", is_sound=False)
    try:
        claim = connectors.identify(path, dialect_folder=folder, names=names)
    except AmbiguousFormatError as error:
        return Checked(source.name, [_claimants(source, around)], f"Read by nobody: {error}", is_sound=False)
    except ConnectorError as error:
        return _unclaimed(source, around, error)
    sections = [_claim(source, around, claim)]
    try:
        recording = connectors.read(path, dialect_folder=folder, names=names)
    except ConnectorError as error:
        return Checked(source.name, sections, f"Claimed by {claim}, but cannot be read: {error}", is_sound=False)
    sections += figures(recording)
    if problems := [[in_words(problem)] for problem in recording.problems]:
        sections.append(Section("problems", "Read all the same, with something to know", ("text",), problems))
    if looks := [[text] for text in warnings(recording, around.time_zone)]:
        sections.append(Section("warnings", "Look at this", ("text",), looks))
    return Checked(source.name, sections, f"Claimed by {claim} alone, and read.", is_sound=True)


def _claim(source: _Source, around: Surroundings, claim: connectors.Claim) -> Section:
    title, columns = "How it is understood", ("item", "meaning")
    if claim.dialect is None:
        return Section("claim", title, columns, [["read by", f"connector {claim.connector}, by its bytes"]])
    dialects = known(around.dialect_folder)
    layout = next(
        one for one in claims(source.path, dialects.values(), [source.name]) if one.dialect.name == claim.dialect
    )
    return Section("claim", title, columns, claim_in_words(source.path, layout, around.origin(claim.dialect)))


def _claimants(source: _Source, around: Surroundings) -> Section:
    rows = []
    for layout in claims(source.path, known(around.dialect_folder).values(), [source.name]):
        match = layout.dialect.match
        needs = [f"columns {', '.join(match.header)}"] if match.header else []
        needs += [
            f"{what} like {rule}"
            for what, rule in (("a first line", match.first_line), ("a file name", match.file_name))
            if rule
        ]
        todo = (
            "make its match stricter (without, first_line, file_name), or give it the other's name to replace that one"
        )
        rows.append([layout.dialect.name, layout.dialect.title, "; ".join(needs), todo])
    return Section(
        "claimants", "Several dialects claim it", ("dialect", "which is", "known by", "what to change"), rows
    )


def _unclaimed(source: _Source, around: Surroundings, error: ConnectorError) -> Checked:
    rows = [
        [dialect.name, "" if later else dialect.title, miss.found, miss.todo]
        for dialect, misses in nearest(source.path, known(around.dialect_folder), [source.name])
        for later, miss in enumerate(misses)
    ]
    columns = ("dialect", "which is", "needs, and did not find", "what to change")
    said = f"Read by nobody: {error}"
    head = read_head(source.path)
    if head is not None and head.keys is None and find_header(head) is not None:
        how = "Unpack it; then `footfall dialect draft`" if "!/" in source.name else "`footfall dialect draft`"
        said = f"Read by nobody: expected {error.expected}; found {error.found}. {how} proposes a dialect for it."
    return Checked(source.name, [Section("nearest", "Nearest dialects", columns, rows)], said, is_sound=False)
