"""Who may import whom, and that the packages under test are those of this checkout."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("connectors", "pipelines", "warehouse", "sample_data")
#: package -> our packages that it may import
ALLOWED = {
    "connectors": {"connectors"},
    "warehouse": {"warehouse"},
    "sample_data": {"sample_data"},
    "pipelines": {"pipelines", "connectors", "warehouse", "sample_data"},
}
#: library -> where alone it may be imported
KEPT_TO = {
    "duckdb": re.compile(r"warehouse/.*"),
    "fitparse": re.compile(r"connectors/fit.*\.py"),
    "gpxpy": re.compile(r"connectors/gpx.*\.py"),
    "lxml": re.compile(r"connectors/gpx.*\.py"),
    "prefect": re.compile(r"pipelines/flows/.*\.py"),
}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_its_side_may_know(path: Path) -> None:
    here = path.relative_to(ROOT).as_posix()
    tops = {name.partition(".")[0] for name in imported(path)}
    assert tops & set(PACKAGES) <= ALLOWED[here.partition("/")[0]]
    for library, place in KEPT_TO.items():
        assert library not in tops or place.fullmatch(here), f"{here} imports {library}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_under_test_are_those_of_this_checkout(package: str) -> None:
    assert Path(str(import_module(package).__file__)).parent == ROOT / package


def test_help_answers_without_loading_polars_duckdb_or_prefect() -> None:
    code = (
        "import sys, pipelines.cli\n"
        "try: pipelines.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('loaded:', sorted({'polars', 'duckdb', 'prefect', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded: []\n")


def test_no_file_names_a_package_index_or_a_path_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    dot = "[.]"
    forbidden = re.compile(rf"pypi{dot}org|pythonhosted{dot}org|(^|[\s\"'=(])/(work|root|home/\w+)/")
    for name in listed:
        path = ROOT / name
        if (
            path.suffix in (".py", ".sql", ".toml", ".md", ".lock", ".csv", "")
            and path.is_file()
            and "test_" not in name
        ):
            found = forbidden.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert not found, f"{name}: {found and found.group(0)}"
