"""Puts the working copy itself into a virtual environment, editable, without a build tool and without a download."""

from __future__ import annotations  # an old Python must be able to read this file, to say that it is too old

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The shell finds the interpreter, because a "#!" line has room neither for long paths nor for spaces.
PROGRAM = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""


def install_project(venv: Path) -> None:
    """Writes what an editable installation consists of: import path, metadata with entry points, and programs."""
    import tomllib  # noqa: PLC0415 - too new for the Pythons that must read this file

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = site_packages(venv / "bin" / "python")
    (packages / f"{project['name']}.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    programs = [write_program(venv, name, target) for name, target in project["scripts"].items()]
    write_metadata(packages, project, programs)


def site_packages(python: Path) -> Path:
    """The folder where the interpreter looks for installed packages."""
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout.strip())


def write_program(venv: Path, name: str, target: str) -> Path:
    """A program in the environment's bin folder that calls `module:function`."""
    module, function = target.split(":")
    program = venv / "bin" / name
    program.write_text(PROGRAM.format(python=venv / "bin" / "python", module=module, function=function))
    program.chmod(0o755)
    return program


def write_metadata(packages: Path, project: dict[str, Any], programs: list[Path]) -> None:
    """The .dist-info folder by which entry points are found and `pip uninstall` knows what to remove."""
    name, version = project["name"], project["version"]
    for outdated in packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(outdated)
    folder = packages / f"{name}-{version}.dist-info"
    folder.mkdir()
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "INSTALLER": "scripts/bootstrap.py\n",
        "direct_url.json": json.dumps({"url": ROOT.as_uri(), "dir_info": {"editable": True}}),
        "entry_points.txt": entry_points(project),
    }
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    recorded = [packages / f"{name}.pth", *programs, *(folder / file for file in (*files, "RECORD"))]
    (folder / "RECORD").write_text("".join(f'"{file}",,\n' for file in recorded), encoding="utf-8")


def entry_points(project: dict[str, Any]) -> str:
    """The text of entry_points.txt for the project's programs and plug-in entries."""
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items()) + "\n"
        for group, entries in groups.items()
    )
