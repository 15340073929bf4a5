"""Words on a terminal: colours where they are seen, columns, and nothing that could steer the terminal itself."""

import os
import shutil
import sys
from collections.abc import Sequence

import click
from rich.cells import cell_len, set_cell_size

from consistency.model import Health

_LOOKS = {
    Health.HEALTHY: ("✔", "green"),
    Health.DEGRADED: ("⚠", "yellow"),
    Health.UNHEALTHY: ("✖", "red"),
    Health.UNKNOWN: ("?", "magenta"),
}


def has_colours() -> bool:
    """Whether results go to a terminal whose user wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def health_mark(health: str, *, colours: bool) -> str:
    """`⚠ degraded`: never told by the colour alone."""
    icon, colour = _LOOKS[Health(health)]
    return click.style(f"{icon} {health}", fg=colour, bold=True) if colours else f"{icon} {health}"


def printable(value: object) -> str:
    """The value as one line of text; what could move the cursor or end the line becomes `?`."""
    return "".join(char if char.isprintable() else "?" for char in str(value))


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """The rows as lines with aligned columns; all rows are of one length."""
    if not rows:
        return []
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        (
            indent + "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def width() -> int | None:
    """How many cells a line of results may have; None where no terminal shows them."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(line: str, cells: int | None) -> str:
    """The line, cut with `…` if it is wider than `cells`."""
    if cells is None or cell_len(line) <= cells:
        return line
    return set_cell_size(line, max(0, cells - 1)).rstrip() + "…"


def note(text: str) -> None:
    """One line beside the result."""
    # A progress bar stands in for stderr while it is shown, so that lines go above it.
    click.echo(printable(text), file=sys.stderr, err=True)
