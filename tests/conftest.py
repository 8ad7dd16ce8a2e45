"""The order of test files: the long ones first, so that no worker is left with one of them at the end."""

import pytest

#: Files that take 10 s of a processor or more, the longest first; all others follow in their order.
LONG = (
    "faults/test_kills.py",
    "faults/test_disk_full.py",
    "faults/test_kills_of_others.py",
    "pipelines/test_demo.py",
    "faults/test_two_ingesters.py",
    "faults/test_read_only.py",
    "faults/test_readers.py",
    "pipelines/test_attribution.py",
    "pipelines/test_intake.py",
    "pipelines/test_serve.py",
    "pipelines/test_flow.py",
    "oracles/test_slow_definitions.py",
    "pipelines/test_evidence.py",
    "properties/test_properties.py",
    "pipelines/test_withdraw.py",
    "properties/test_files.py",
    "pipelines/test_cli.py",
    "warehouse/test_differences.py",
    "oracles/test_bouts.py",
    "warehouse/test_publish.py",
    "warehouse/test_incremental.py",
    "sample_data/test_generator.py",
    "pipelines/test_bad_input.py",
    "test_worked_trial_study.py",
    "pipelines/test_reading.py",
    "warehouse/test_multiverse.py",
    "warehouse/test_stretches.py",
    "pipelines/test_locks.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the tests of long files to the front; within a file they keep their order."""

    def place(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0].removeprefix("tests/")
        return LONG.index(name) if name in LONG else len(LONG)

    items.sort(key=place)
