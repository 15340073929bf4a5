"""scripts/bootstrap.py in processes of its own; nothing is downloaded here."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent.parent / "scripts"
PROGRAM = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import bootstrap; print(bootstrap.ready())"
LOOK = """
import importlib.metadata, cli
entries = importlib.metadata.entry_points(group="celery.commands")
print(cli.__file__, [entry.value for entry in entries if entry.name == "reconcilery"])
"""


def bootstrap(venv: Path) -> subprocess.CompletedProcess[str]:
    """Makes the environment, without any requirements."""
    return run(sys.executable, "-B", "-c", PROGRAM, RECONCILERY_VENV=str(venv))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command with nothing else in its environment."""
    environment = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in a folder whose name holds a space."""
    folder = tmp_path_factory.mktemp("a machine") / "venv"
    done = bootstrap(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(folder / "bin")
    return folder


def test_the_working_copy_is_installed_with_its_entry_points(venv: Path) -> None:
    looked = run(venv / "bin" / "python", "-c", LOOK)
    assert looked.stdout.strip() == f"{SCRIPTS.parent / 'cli' / '__init__.py'} ['cli.main:reconcilery']"


def test_the_program_runs_with_the_environments_python(venv: Path) -> None:
    program = venv / "bin" / "reconcilery"
    assert f'"{venv / "bin" / "python"}"' in program.read_text()
    assert "ModuleNotFoundError" in run(program).stderr, "the environment holds no requirements"


def test_a_second_run_has_nothing_to_do(venv: Path) -> None:
    assert "Installing" not in bootstrap(venv).stderr


def test_a_broken_environment_is_made_anew(tmp_path: Path) -> None:
    bootstrap(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")
    assert bootstrap(tmp_path / "venv").returncode == 0
    assert run(python, "-c", LOOK).returncode == 0


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    keepsake = tmp_path / "keepsake"
    keepsake.write_text("dear")
    done = bootstrap(tmp_path)
    assert done.returncode != 0
    assert "is not a virtual environment; set RECONCILERY_VENV" in done.stderr
    assert keepsake.read_text() == "dear"
