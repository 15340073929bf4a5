"""The rules of the house that no linter knows."""

import ast
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("api", "cli", "compensation", "consistency", "migrations", "monitor_tasks", "monitoring", "notifiers")
SETTINGS = ("celeryconfig.py", "beat_schedule.py")
MOST_LINES = 300
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")
PUBLIC_INDEXES = ("pypi.org", "pythonhosted.org")
PRODUCT = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ALL_PYTHON = sorted({*PRODUCT, *(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").rglob("*.py"), *ROOT.glob("*.py")})
LOCKS = [*sorted(ROOT.glob("requirements*.txt")), ROOT / "benchmarks" / "requirements.txt"]


def names(paths: list[Path]) -> list[str]:
    """Paths as a person calls them."""
    return [str(path.relative_to(ROOT)) for path in paths]


def test_the_house_is_found() -> None:
    assert ROOT / "consistency" / "model.py" in PRODUCT
    assert ROOT / "requirements.txt" in LOCKS


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in ALL_PYTHON}
    assert names([path for path, length in lengths.items() if length > MOST_LINES]) == []


def test_no_module_is_named_after_being_useful() -> None:
    assert names([path for path in ALL_PYTHON if NAMELESS & {path.stem, *path.relative_to(ROOT).parts}]) == []


def test_every_module_of_the_product_says_what_it_is() -> None:
    silent = [path for path in PRODUCT if not ast.get_docstring(ast.parse(path.read_text()))]
    assert names(silent) == []


def test_nothing_is_left_for_later() -> None:
    others = [path for path in ALL_PYTHON if path != Path(__file__)]
    assert names([path for path in others if LATER.search(path.read_text())]) == []


@pytest.mark.parametrize("name", [name for name in SETTINGS if (ROOT / name).exists()])
def test_celerys_settings_are_settings_only(name: str) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    found = [node for node in ast.walk(ast.parse((ROOT / name).read_text())) if isinstance(node, kinds)]
    assert [node.lineno for node in found] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locked_files_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert not any(index in text for index in PUBLIC_INDEXES)
    for pinned in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in pinned, pinned.splitlines()[0]


@pytest.mark.parametrize("requirements", [lock.with_suffix(".in") for lock in LOCKS], ids=str)
def test_every_dependency_has_its_reason(requirements: Path) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    chapter = page.partition(f"(`{requirements.relative_to(ROOT)}`)")[2].partition("\n## ")[0]
    lines = [line for line in requirements.read_text().splitlines() if line and line[0] not in "#-"]
    packages = [re.split(r"[\[<>=~!; ]", line)[0] for line in lines]
    assert [package for package in packages if f"\n| {package} |" not in chapter] == []
    rows = re.findall(r"^\| (\S+) \|", chapter, re.MULTILINE)
    assert sorted(set(rows) - {"package", "---"}) == sorted(packages), "a reason without a dependency"


def test_every_package_of_the_product_is_installed_with_it() -> None:
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in PRODUCT if path.name == "__init__.py"}
    listed = re.search(r"^packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert packages <= set(re.findall(r'"([\w.]+)"', listed[1]))


@pytest.mark.parametrize(
    "script", ["scripts/start", "scripts/test", "scripts/lock", "scripts/docs", "scripts/screenshots"]
)
def test_the_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text().startswith("#!/usr/bin/env python3\n")
