"""Questions to the published file: any SELECT is answered, and no statement reaches beyond the file."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, make_study, native, run, whole_day
from warehouse.query_child import main as answer_here
from warehouse.research import QueryError, query


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    made = make_study(
        tmp_path_factory.mktemp("research") / "study",
        [{"participant_id": "P1"}],
        files={"a.csv": native(whole_day("P1", MONDAY, 30))},
    )
    run(made)
    return made


def test_an_answer_has_columns_and_plain_values(study: StudyFolder) -> None:
    answer = query(study.research, "SELECT minute_start, local_date, steps, flags FROM minute ORDER BY ALL LIMIT 1")
    assert answer.columns == ["minute_start", "local_date", "steps", "flags"]
    assert answer.rows == [["2024-03-04T00:00:00Z", "2024-03-04", 0, []]]
    assert not answer.more


FORBIDDEN = (
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM glob('{folder}/*')",
    "COPY minute TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.parquet'",
    "COPY minute FROM '{secret}'",
    "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/other.duckdb' AS other",
    "ATTACH ':memory:' AS other; ATTACH '{folder}/other.duckdb' AS third",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{secret}'",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "RESET lock_configuration",
    "SET GLOBAL lock_configuration = false",
    "PRAGMA enable_profiling",
    "PRAGMA memory_limit = '100GB'",
    "SELECT getenv('HOME')",
    "CREATE TABLE other AS SELECT 1 AS n",
    "CREATE OR REPLACE VIEW minute AS SELECT 1 AS n",
    "DROP TABLE minute",
    "DELETE FROM minute",
    "UPDATE minute SET steps = 0",
    "INSERT INTO minute SELECT * FROM minute",
    "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SELECT 1; SELECT * FROM read_text('{secret}')",
    "SELEC 1",
)


def refusal(study: StudyFolder, sql: str) -> str:
    """What `query` says, from a process of its own."""
    with pytest.raises(QueryError) as error:
        query(study.research, sql)
    return str(error.value)


def refusal_here(study: StudyFolder, sql: str) -> str:
    """What the child answers, with the same locks but without its process."""
    answer = answer_here(str(study.research), 10, sql)
    assert set(answer) == {"error"}
    return str(answer["error"])


@pytest.mark.parametrize(
    ("refused", "sql"),
    [
        *((refusal_here, sql) for sql in FORBIDDEN),
        # one of each kind of door: reading, writing, attaching, settings, the file itself, two statements, no SQL
        *((refusal, FORBIDDEN[n]) for n in (0, 5, 10, 15, 25, -2, -1)),
    ],
)
def test_no_statement_reaches_beyond_the_published_file(
    study: StudyFolder, tmp_path: Path, refused: Callable[[StudyFolder, str], str], sql: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nKim\n", encoding="utf-8")
    before = study.research.read_bytes()
    assert "Kim" not in refused(study, sql.format(secret=secret, folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert study.research.read_bytes() == before


def test_a_query_without_end_is_stopped(study: StudyFolder) -> None:
    began = time.monotonic()
    with pytest.raises(QueryError, match="longer than 2 s"):
        query(
            study.research,
            "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range, b.range) % 7 = 1",
            timeout_seconds=2,
        )
    assert time.monotonic() - began < 20


def test_a_query_that_wants_too_much_memory_is_refused(study: StudyFolder) -> None:
    with pytest.raises(QueryError):
        query(study.research, "SELECT list(a.range) FROM range(500000000) a")


@pytest.mark.parametrize(("limit", "more"), [(1439, True), (1440, False), (1441, False)])
def test_the_row_limit_says_whether_there_is_more(study: StudyFolder, limit: int, more: bool) -> None:
    answer = query(study.research, "SELECT * FROM minute", row_limit=limit)
    assert (len(answer.rows), answer.more) == (min(limit, 1440), more)


def test_a_study_without_published_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="footfall ingest"):
        query(tmp_path / "research.duckdb", "SELECT 1")
