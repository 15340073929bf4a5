import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.errors import ReportingGroup
from consistency.errors import BadRequest, BrokerUnavailable, ReconcileryError

ROOT = Path(__file__).parents[2]


def run(error: BaseException, **environ: str) -> tuple[int, str, str]:
    @click.group(cls=ReportingGroup)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        click.echo("result")
        raise error

    result = CliRunner().invoke(group, ["fail"], env=environ)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ReconcileryError("no\nluck"), 1, "Error: no luck\n"),
        (BadRequest("start: is wrong"), 2, "Error: start: is wrong\n"),
        (BrokerUnavailable("redis://u:hunter2@h is away"), 69, "Error: redis://u:***@h is away\n"),
        (
            ReconcileryError("said \x1b[2J\x07, \u202eevil\u200b, grüße 任务"),
            1,
            "Error: said ?[2J?, ?evil?, grüße 任务\n",
        ),
        (KeyError("x"), 1, "Error: unexpected KeyError: 'x'; LOG_LEVEL=DEBUG shows where\n"),
        (KeyboardInterrupt(), 130, "Interrupted\n"),
        (click.ClickException("of click"), 1, "Error: of click\n"),
        (click.exceptions.Exit(3), 3, ""),
        (click.Abort(), 1, "Aborted!\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(error: BaseException, code: int, told: str) -> None:
    assert run(error) == (code, "result\n", told)


def test_a_traceback_comes_only_when_asked_for() -> None:
    code, _, told = run(ReconcileryError("at redis://:hunter2@h"), LOG_LEVEL="debug")
    assert code == 1
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("\nError: at redis://:***@h\n")
    assert "hunter2" not in told


def test_a_traceback_cannot_steer_the_terminal_either() -> None:
    _, _, told = run(ReconcileryError("said \x1b[2J"), LOG_LEVEL="debug")
    assert "\x1b" not in told
    assert told.count("said ?[2J") == 2


def test_control_c_at_a_prompt_is_an_interruption() -> None:
    at_prompt = click.Abort()
    at_prompt.__context__ = KeyboardInterrupt()  # as click's prompts raise it
    assert run(at_prompt) == (130, "result\n", "Interrupted\n")


def test_a_reader_that_has_gone_is_no_reason_to_complain() -> None:
    script = (
        "import click\nfrom cli.errors import ReportingGroup\n"
        "group = ReportingGroup('x')\n"
        "@group.command()\ndef talk():\n    for _ in range(100_000): click.echo('line')\n"
        "group(['talk'])"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as told:
        assert told.stdout is not None
        assert told.stderr is not None
        told.stdout.readline()
        told.stdout.close()
        assert told.stderr.read() == b""
        assert told.wait(timeout=60) == 1
