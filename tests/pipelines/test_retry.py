"""What was set aside is read again: on request, and by itself when a dialect of the study changed."""

import re
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.errors import FootfallError
from pipelines.ingest import ingest
from pipelines.rebuild import rebuild
from pipelines.retry import retry
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from sample_data.archives import zip_of
from tests.pipelines.folders import ask, drop, kept, native, new_study, reasons, sample, statuses
from warehouse import ledger

FORMAT = "when;count\n" + "".join(f"2026-03-05 09:{minute:02d}:00;90\n" for minute in range(40))
DIALECT = """
title = "A table of the study's own"
evidence = "source"
source = "made up for this study"
resolution = "minute"

[match]
header = ["when", "count"]

[columns]
steps = ["count"]

[device]
manufacturer = "own"
model = "table"
device_class = "watch"

[time]
stamp = ["when"]
zone = "local"
formats = ["%Y-%m-%d %H:%M:%S"]

[interval]
seconds = 60
"""


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    """A damaged file, one nobody understands, the same kind in an archive, one of a stranger, and one that is fine."""
    made = new_study(tmp_path / "study", ("P1",))
    drop(made, "P1/damaged.fit", sample("broken/picture.fit") + b"x")
    drop(made, "P1/picture.fit", sample("broken/picture.fit"))
    drop(made, "P1/steps_pack.zip", zip_of({"steps_inside.txt": FORMAT.replace(";90", ";95").encode()}))
    drop(made, "P8/stranger.csv", native("", [100] * 40))
    drop(made, "P1/fine.csv", native("", [100] * 40))
    ingest(made)
    return made


def test_what_fails_again_keeps_its_original_and_one_reason_file(study: StudyFolder) -> None:
    before = statuses(study), set(kept(study)), set(reasons(study))
    report = retry(study)
    assert report.statuses["quarantined"] == 3
    assert report.statuses["loaded"] == 0
    assert (statuses(study), set(kept(study)), set(reasons(study))) == before
    assert rebuild(study).outcome == "equal"


def test_one_content_is_meant_by_its_name_its_place_in_quarantine_or_its_hash(study: StudyFolder) -> None:
    note = next(path.name for path in study.quarantine.glob("*damaged.fit.reason.txt"))
    for name in ("P1/damaged.fit", "damaged.fit", note, f"quarantine/{note.removesuffix('.reason.txt')}", note[:8]):
        assert retry(study, [name]).statuses == {"quarantined": 1}, name


@pytest.mark.parametrize("name", ["nothing.fit", "fine.csv", "ab12"])
def test_a_name_of_nothing_that_is_set_aside_lists_what_is(study: StudyFolder, name: str) -> None:
    with pytest.raises(FootfallError, match=r"found none.*P1/damaged\.fit \([0-9a-f]{12}\)"):
        retry(study, [name])
    assert main(["retry", name, "--study", str(study.root)]) == 1


def test_a_name_of_several_contents_is_refused(study: StudyFolder) -> None:
    drop(study, "P1/other/damaged.fit", sample("broken/picture.fit") + b"yy")
    ingest(study)
    with pytest.raises(FootfallError, match="more than one"):
        retry(study, ["damaged.fit"])


def test_a_mended_reader_loads_what_was_quarantined_and_its_reason_goes(
    study: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as after an upgrade: what was quarantined by an older version can be read, and nothing else says so
    with open_run(study) as run:
        source_file_id = next(
            key for key, said in ledger.evidence(run.connection).items() if said.inbox_path == "P1/fine.csv"
        )
        run.connection.execute(
            "UPDATE ledger.source_file SET status = 'quarantined', reason = 'not known to the older version'"
            " WHERE source_file_id = ?",
            [source_file_id],
        )
    assert ingest(study).statuses == {}
    assert retry(study, ["fine.csv"]).statuses == {"loaded": 1}
    assert not [name for name in reasons(study) if "fine" in name]
    with open_run(study) as run:
        noted = ledger.history(run.connection, source_file_id)
    assert [line.status for line in noted] == ["loaded"]
    assert rebuild(study).outcome == "equal"


def test_a_new_dialect_brings_back_what_nobody_understood_also_inside_archives(study: StudyFolder) -> None:
    drop(study, "P1/steps.txt", FORMAT)
    ingest(study)
    assert "P1/steps.txt" in reasons(study)
    (study.dialects / "own_table.toml").write_text(DIALECT, encoding="utf-8")
    report = ingest(study)
    assert report.statuses["loaded"] == 2
    assert "P1/steps.txt" not in reasons(study)
    assert ask(study, "SELECT reason FROM source_file WHERE status = 'container'") == [("1 files inside, 1 read",)]
    assert rebuild(study).outcome == "equal"
    # nothing changed since: nothing is read again
    assert ingest(study).statuses == {}
    # half as many steps: what it read is read again
    changed = DIALECT.replace('model = "table"', 'model = "other"')
    (study.dialects / "own_table.toml").write_text(changed, encoding="utf-8")
    assert ingest(study).statuses["loaded"] == 2
    devices = {name for (name,) in ask(study, "SELECT device_id FROM participant_device")}
    assert "own-other-01" in devices
    # taken away again: it cannot be read any more
    (study.dialects / "own_table.toml").unlink()
    ingest(study)
    assert "P1/steps.txt" in reasons(study)
    assert rebuild(study).outcome == "equal"


def test_an_archive_that_could_not_be_opened_is_kept_in_the_archive_when_it_can(study: StudyFolder) -> None:
    content = zip_of({"a.csv": native("", [105] * 45, "band").encode()})
    drop(study, "P1/late.zip", content)
    ingest(study)
    with open_run(study) as run:
        key = next(key for key, said in ledger.evidence(run.connection).items() if said.inbox_path == "P1/late.zip")
        run.connection.execute("UPDATE ledger.source_file SET status = 'quarantined' WHERE source_file_id = ?", [key])
    # as an older version left it
    lying = next(path for path in study.archive.rglob("*.zip") if path.stem == key)
    study.quarantine.mkdir(exist_ok=True)
    lying.rename(study.quarantine / f"{key[:12]}-late.zip")
    assert retry(study, ["late.zip"]).statuses["container"] == 1
    assert lying.read_bytes() == content
    assert not list(study.quarantine.glob("*late.zip*"))


def test_a_missing_original_is_said_and_stops_nobody(study: StudyFolder) -> None:
    path = next(study.quarantine.glob("*-damaged.fit"))
    path.unlink()
    report = retry(study)
    assert [status for name, status, _ in report.set_aside if name == "P1/damaged.fit"] == ["not read again"]
    assert re.search(
        r"expected the original of content [0-9a-f]{12}",
        next(reason for name, _, reason in report.set_aside if name == "P1/damaged.fit"),
    )
