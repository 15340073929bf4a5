"""The pure pieces of the scripts that run before anything is installed."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parent.parent.parent / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> ModuleType:
    """The module of the scripts that the test names."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module(request.param)


@pytest.mark.parametrize("script", ["project"], indirect=True)
def test_programs_and_plugins_become_entry_points(script: ModuleType) -> None:
    project = {"scripts": {"tool": "room:main"}, "entry-points": {"celery.commands": {"tool": "room:tool"}}}
    assert script.entry_points(project) == (
        "[console_scripts]\ntool = room:main\n\n[celery.commands]\ntool = room:tool\n\n"
    )


@pytest.mark.parametrize("script", ["servers"], indirect=True)
def test_a_program_beside_the_path_counts_as_present(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    places = f"{tmp_path}/versions/*/bin"
    assert not script.present("initdb", places)
    program = tmp_path / "versions" / "15" / "bin" / "initdb"
    program.parent.mkdir(parents=True)
    program.touch()
    assert script.present("initdb", places)


@pytest.mark.parametrize("script", ["bootstrap"], indirect=True)
def test_an_interpreter_that_does_not_run_has_no_version(script: ModuleType, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    assert script.version_of(broken) is None
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert script.version_of(broken) is None


@pytest.mark.parametrize("name", ["bootstrap.py", "project.py", "servers.py", "start", "test"])
def test_what_must_run_anywhere_imports_nothing_that_is_not_pythons_own(name: str) -> None:
    lines = (SCRIPTS / name).read_text().splitlines()
    imported = {line.split()[1].partition(".")[0] for line in lines if line.lstrip().startswith(("import ", "from "))}
    own = {path.stem for path in SCRIPTS.glob("*.py")}
    assert imported <= own | sys.stdlib_module_names | {"{module}"}
