"""`reconcilery check`: look for missing outputs now."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from api.orders.check_orders import CheckOrder, require_rules
from cli.exits import FAIL_ON, exit_code_of
from cli.in_process import check_here, with_some_ledger
from cli.interrupts import interrupt_deferred
from cli.orders import orders_of
from cli.progress import progress_bar
from cli.report_text import report_lines
from cli.terminal import has_colours, note
from consistency.ledger.runs import Run
from consistency.logs import configure_logging
from consistency.model import CheckType
from consistency.resources import Resources, open_resources, require_ledger
from consistency.settings import Settings, load_settings

if TYPE_CHECKING:
    from api.orders.checks import SentCheck

WAIT_SECONDS = 3600.0
SCHEMA_VERSION = 1


@click.command(epilog="Example: reconcilery check full --rule task-outputs --fail-on degraded")
@click.argument("kind", type=click.Choice([str(kind) for kind in CheckType]))
@click.option("--rule", metavar="RULE", help="Only this rule; all rules unless said.")
@click.option("--start-date", metavar="DATE", help="Begin of a range, like 2026-09-15, 2026-09-15T03:00Z or now-7d.")
@click.option("--end-date", metavar="DATE", help="End of a range; a date includes that whole day. Now unless said.")
@click.option("--detailed-report", is_flag=True, help="Show everything that was measured.")
@click.option("--compare-at", metavar="DATE", help="Compare the range before and after this date.")
@click.option("--local", is_flag=True, help="Check in this process: no broker, no worker, no Redis.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: the report, or all of several rules.")
@click.option(
    "--wait", type=click.FloatRange(min=0, max=86400), metavar="SECONDS", help="How long to wait; an hour unless said."
)
@click.option("--no-wait", is_flag=True, help="Start the check and do not wait for its result.")
@click.option(
    "--fail-on", type=click.Choice(list(FAIL_ON)), default="unhealthy", show_default=True, help="When to exit with 3."
)
@click.pass_context
def check(
    ctx: click.Context,
    kind: str,
    rule: str | None,
    start_date: str | None,
    end_date: str | None,
    detailed_report: bool,  # noqa: FBT001 - click calls it by name
    compare_at: str | None,
    local: bool,  # noqa: FBT001 - the same
    as_json: bool,  # noqa: FBT001 - the same
    wait: float | None,
    no_wait: bool,  # noqa: FBT001 - the same
    fail_on: str,
) -> None:
    """Check the last hour (quick), the last 24 hours (full), the last 14 days (deep) or any range.

    With dates, quick, full and deep check that range too; with one date alone, the range is as long as the kind's own.
    A range without any date is the last 24 hours.
    """
    if no_wait and (local or wait is not None):
        raise click.UsageError("--no-wait cannot be combined with --wait or --local")
    settings = load_settings()
    orders = orders_of(
        settings,
        datetime.now(UTC),
        CheckType(kind),
        rule=rule,
        start=start_date,
        end=end_date,
        compare_at=compare_at,
        detailed=detailed_report,
    )
    resources = open_resources(settings)
    try:
        if no_wait:
            _start(resources, orders, as_json=as_json)
            return
        seconds = WAIT_SECONDS if wait is None else wait
        reports = _reports(_here(resources, orders) if local else _by_workers(resources, orders, seconds))
    finally:
        resources.dispose()
    if as_json:
        click.echo(_json(reports))
    else:
        click.echo(_text(reports, settings, detailed=detailed_report))
    _tell_what_is_unknown(reports)
    ctx.exit(exit_code_of(reports, fail_on))


def _here(resources: Resources, orders: Sequence[CheckOrder]) -> list[Run]:
    require_rules(resources, orders)
    configure_logging(resources.settings, "cli")
    resources, remembered = with_some_ledger(resources)
    done = []
    for order in orders:
        with progress_bar(f"{order.kind} check of {order.rule_id}") as show:
            done.append(check_here(resources, order, show, remembered=remembered))
    return done


def _by_workers(resources: Resources, orders: Sequence[CheckOrder], seconds: float) -> list[Run]:
    with interrupt_deferred() as stop_if_pressed:
        sent = _send(resources, orders)
        from cli.by_workers import watch_all  # noqa: PLC0415 - it imports Celery, which --local can do without

        with progress_bar("waiting for the workers") as show:

            def look(done: int, total: int) -> None:
                stop_if_pressed()
                show(done, total)

            return watch_all(resources, sent, seconds, look)


def _send(resources: Resources, orders: Sequence[CheckOrder]) -> "list[SentCheck]":
    from api.orders.checks import send_checks  # noqa: PLC0415 - the same

    require_ledger(resources.store)
    sent = send_checks(resources, orders)
    for each in sent:
        if not each.new:
            note(f"Note: joined the {each.run.type} check of {each.run.rule_id} that was under way already.")
    return sent


def _start(resources: Resources, orders: Sequence[CheckOrder], *, as_json: bool) -> None:
    started = [each.run for each in _send(resources, orders)]
    if as_json:
        names = [{"check_id": run.id, "type": str(run.type), "rule": run.rule_id} for run in started]
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "started": names}))
        return
    for run in started:
        click.echo(f"Started {run.type} check {run.id} of rule {run.rule_id}")
    click.echo("→ reconcilery status")


def _reports(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [run.report for run in runs if run.report is not None]


def _json(reports: list[dict[str, Any]]) -> str:
    one = reports[0] if len(reports) == 1 else {"schema_version": SCHEMA_VERSION, "reports": reports}
    return json.dumps(one, ensure_ascii=False)


def _text(reports: list[dict[str, Any]], settings: Settings, *, detailed: bool) -> str:
    zone, several = ZoneInfo(settings.timezone), len(settings.rules) > 1
    texts = [
        "\n".join(report_lines(report, zone, colours=has_colours(), several_rules=several, detailed=detailed))
        for report in reports
    ]
    return "\n\n".join(texts)


def _tell_what_is_unknown(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        if report["coverage"] < 1:
            for problem in report["problems"] or ["part of the window could not be measured"]:
                note(f"Error: rule {report['rule']}: {problem}")
