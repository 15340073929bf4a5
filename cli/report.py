"""`reconcilery report`: a stretch of time for people who were not there, as a page, as Markdown or as values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.report.formats import report_html, report_json, report_markdown
from api.report.report import report_of
from api.report.window import DEFAULT_LENGTH, LONGEST, report_window
from cli.ledger import opened_ledger, reading, zone_of
from cli.orders import one_rule
from cli.terminal import note
from cli.whole_file import whole_file

F = TypeVar("F", bound=Callable[..., Any])

STDOUT = "-"


def _written(flag: str, name: str, what: str) -> Callable[[F], F]:
    return click.option(flag, name, metavar="[FILE]", is_flag=False, flag_value=STDOUT, help=what)


@click.command(epilog="Example: reconcilery report --html report.html")
@_written("--html", "html_file", "Write one self-contained page to a file; to stdout with - or without a name.")
@_written("--md", "md_file", "Write Markdown to a file; to stdout with - or without a name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with all values.")
@click.option(
    "--start-date",
    metavar="DATE",
    help=f"From then on, at most {LONGEST.days} days; the last {DEFAULT_LENGTH.days} days unless said.",
)
@click.option("--end-date", metavar="DATE", help="Until the end of that date; now unless said.")
@click.option("--rule", metavar="RULE", help="Of which rule; needed where there are several.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the page and of Markdown."
)
def report(
    *,
    html_file: str | None,
    md_file: str | None,
    as_json: bool,
    start_date: str | None,
    end_date: str | None,
    rule: str | None,
    language: str,
) -> None:
    """Report the verdict, its course, alerts with who was told, repairs, lateness, volume, and how it was measured.

    Without a format, Markdown goes to stdout. Reads what checks have found: the own tables and the day files, and no
    table of the application.
    """
    md_file = STDOUT if html_file is None and md_file is None and not as_json else md_file
    if [html_file, md_file, STDOUT if as_json else None].count(STDOUT) > 1:
        raise click.UsageError("only one of --html, --md and --json can go to stdout; name files for the others")
    with opened_ledger() as resources:
        mapping = one_rule(resources.settings, rule)
        with reading(resources) as (_, now):
            window = report_window(start_date, end_date, zone_of(resources), now)
        found = report_of(resources, window, mapping.id, now)
    if html_file is not None:
        _write(report_html(found, language), html_file, "--html")
    if md_file is not None:
        _write(report_markdown(found, language), md_file, "--md")
    if as_json:
        click.echo(report_json(found))


def _write(text: str, name: str, option: str) -> None:
    if name == STDOUT:
        click.echo(text, nl=False)
        return
    with whole_file(Path(name), option) as out:
        out.write(text)
    note(f"Wrote {name}")
