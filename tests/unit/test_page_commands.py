"""The commands that pages tell people to type."""

import re
from pathlib import Path

import click
import pytest

from cli.main import reconcilery

TEMPLATES = Path(__file__).parents[2] / "api" / "page" / "templates"
COMMAND = re.compile(r"""parts\.command\(["']reconcilery ([a-z -]+)""")
COMMANDS = sorted({said.strip() for file in TEMPLATES.glob("*.html") for said in COMMAND.findall(file.read_text())})


@pytest.mark.parametrize("said", COMMANDS)
def test_each_can_be_typed(said: str) -> None:
    command: click.Command | None = reconcilery
    for word in said.split():
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        command = command.get_command(click.Context(command), word)
    assert command is not None, said


def test_there_are_some() -> None:
    assert "notify redeliver" in COMMANDS
