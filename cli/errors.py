"""How the command line tells what went wrong: one line on stderr and the documented exit code."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from consistency.errors import ReconcileryError
from consistency.masking import mask_text

INTERRUPTED = 130


class ReportingGroup(click.Group):
    """A group whose commands report errors in one line, also where another program's command line holds the group."""

    def invoke(self, ctx: click.Context) -> Any:
        with report_errors():
            return super().invoke(ctx)


@contextmanager
def report_errors() -> Iterator[None]:
    """Turns errors into one line on stderr and click's way to end with a code; LOG_LEVEL=DEBUG adds the traceback."""
    try:
        yield
        sys.stdout.flush()
    except (click.ClickException, click.exceptions.Exit):
        raise
    except KeyboardInterrupt:
        _interrupted()
    except click.Abort as error:
        # Click hides a Ctrl-C at a prompt behind its own error.
        if isinstance(error.__context__, KeyboardInterrupt):
            _interrupted()
        raise
    except BrokenPipeError:
        _stop_writing()
        raise click.exceptions.Exit(1) from None
    except ReconcileryError as error:
        _tell(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - a person is told what happened, and how to see where
        hint = "" if _wants_traceback() else "; LOG_LEVEL=DEBUG shows where"
        _tell(f"unexpected {type(error).__name__}: {error}{hint}", 1)


def _tell(message: str, exit_code: int) -> NoReturn:
    # It brings more than a command that goes well may need.
    from cli.terminal import printable  # noqa: PLC0415 - the reason stands above

    if _wants_traceback():
        for line in traceback.format_exc().splitlines():
            click.echo(printable(mask_text(line)), err=True)
    # What a database says may hold what steers a terminal.
    click.echo(f"Error: {printable(mask_text(' '.join(message.split())))}", err=True)
    raise click.exceptions.Exit(exit_code) from None


def _wants_traceback() -> bool:
    return os.environ.get("LOG_LEVEL", "").strip().upper() == "DEBUG"


def _interrupted() -> NoReturn:
    click.echo("Interrupted", err=True)
    raise click.exceptions.Exit(INTERRUPTED) from None


def _stop_writing() -> None:
    # Whoever read our output has gone; what is still buffered must not complain at the end of the process.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
