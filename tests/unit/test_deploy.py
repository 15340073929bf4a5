"""The files under deploy/ name commands, settings and panels that there are."""

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from cli.main import reconcilery
from consistency.setting_sources import CONFIG_VARIABLE, environment_name
from consistency.settings import Settings

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMMAND = re.compile(r"\breconcilery,? (?:init|serve|probe,? \w+(?:,? --\w+)?)\b")
VARIABLE = re.compile(r"\bRECONCILERY_[A-Z_]+")


def named(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


def commands() -> list[str]:
    """What is run of our command line, once each, whether it stands as a line or as a list."""
    return sorted({match.replace(",", "") for path in FILES for match in COMMAND.findall(path.read_text("utf-8"))})


def test_the_commands_are_found() -> None:
    probes = ["reconcilery probe api --alive", "reconcilery probe beat", "reconcilery probe worker"]
    assert commands() == ["reconcilery init", *probes, "reconcilery serve"]


@pytest.mark.parametrize("line", commands())
def test_every_command_can_be_typed(line: str) -> None:
    _, name, *words = shlex.split(line)
    command = reconcilery.get_command(click.Context(reconcilery), name)
    assert command is not None
    command.make_context(name, words)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_variable_is_a_setting(path: Path) -> None:
    known = {CONFIG_VARIABLE, *map(environment_name, Settings.model_fields)}
    known |= {f"{name}_FILE" for name in known}
    assert set(VARIABLE.findall(path.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("path", UNITS, ids=named)
def test_a_unit_is_watched_by_systemd_itself_and_keeps_secrets_out_of_its_file(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for needed in ("Type=exec", "EnvironmentFile=/etc/reconcilery/environment", "Restart=always", "User=reconcilery"):
        assert needed in lines
    assert not any("secret" in line.lower() for line in lines)


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "reconcilery.json").read_text(encoding="utf-8"))
    return found


def test_the_dashboard_can_be_imported_anywhere() -> None:
    board = dashboard()
    assert board["uid"] == "reconcilery-overview"
    assert board["templating"]["list"][0]["type"] == "datasource"
    asking = [part for panel in board["panels"] if "datasource" in panel for part in (panel, *panel["targets"])]
    assert {part["datasource"]["uid"] for part in (*asking, *board["annotations"]["list"])} == {"${datasource}"}


def test_no_panel_lies_on_another() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in itertools.combinations((panel["gridPos"] for panel in panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
