"""Lists of commands: one line each, and at once."""

import pytest
from click import Context, Group
from click.testing import CliRunner

from cli.alerts.group import alerts
from cli.events.group import events
from cli.lazy_group import LazyGroup
from cli.main import reconcilery
from cli.notify.group import notify
from cli.repair.group import repair

GROUPS = [reconcilery, alerts, events, notify, repair]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: str(group.name))
def test_each_command_of_a_list_is_there_and_has_a_line_of_its_own(group: Group) -> None:
    assert isinstance(group, LazyGroup)
    shown = CliRunner().invoke(group, ["--help"], terminal_width=80).output
    for name, command in group.listed.items():
        found = group.get_command(Context(group), name)
        assert found is not None
        assert (found.name, found.hidden) == (name, False)
        assert f"\n  {name} " in shown
        assert f" {command.summary}\n" in shown
