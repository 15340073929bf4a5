"""`reconcilery repair rollback`: take back what a run has written."""

import json
from collections.abc import Callable
from itertools import count

import click

from cli.actor import actor
from cli.as_json import json_flag
from cli.interrupts import interrupt_deferred
from cli.progress import progress_bar
from cli.repair.applying import OTHERWISE
from cli.repair.flags import Way, idle_flags, way_flags, way_of
from cli.repair.ledger import look_at, opened, read_run, read_summary
from cli.repair.run_text import kept_lines, undone_text
from cli.repair.told import end_with
from cli.terminal import note
from compensation.progress import Progress
from compensation.runs import Run
from compensation.undo import rolling_back
from consistency.errors import ReconcileryError
from consistency.logs import configure_logging
from consistency.resources import Resources


@click.command(epilog="Example: reconcilery repair rollback 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11 --dry-run")
@click.argument("run_id")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted and what kept.")
@way_flags
@idle_flags("--yes")
@json_flag
@click.pass_context
def rollback(
    ctx: click.Context, *, run_id: str, dry_run: bool, local: bool, wait: float | None, no_wait: bool, as_json: bool
) -> None:
    """Delete the rows that a run has written, each only if nobody has changed it since.

    Changed rows are kept and named, and the exit code is 4 then. A rollback that was interrupted is gone on with by
    the same command.
    """
    way = way_of(local=local, wait=wait, no_wait=no_wait)
    with opened() as resources:
        run = read_run(resources, run_id)
        if dry_run:
            _rehearse(resources, run, as_json=as_json)
            return
        done = _here(resources, run) if way.local else _by_workers(resources, run, way)
        end_with(ctx, resources, done, as_json=as_json)


def _rehearse(resources: Resources, run: Run, *, as_json: bool) -> None:
    undone = rolling_back.rehearse(resources, resources.rule(run.rule_id), run.id).as_dict()
    if as_json:
        click.echo(json.dumps({**read_summary(resources, run), "dry_run": True, **undone}, ensure_ascii=False))
        return
    click.echo(f"Rollback of run {run.id} would come to: {undone_text(undone)}")
    for line in kept_lines(undone):
        click.echo(line)
    click.echo(f"Nothing has been changed.\n→ reconcilery repair rollback {run.id}")


def _here(resources: Resources, run: Run) -> Run:
    configure_logging(resources.settings, "cli")
    rule = resources.rule(run.rule_id)
    rolling_back.begin(resources, run.id, actor())
    try:
        with interrupt_deferred() as stop_if_pressed, progress_bar("rolling back") as show:
            rows, gone = _rows(resources, run), count(1)

            def on_row() -> None:
                show(next(gone), rows)
                stop_if_pressed()

            return rolling_back.roll_back(resources, rule, run.id, on_row=on_row)
    except (KeyboardInterrupt, ReconcileryError):
        note("The rollback is not complete; go on with:")
        note(f"→ reconcilery repair rollback {run.id} --local")
        raise


def _by_workers(resources: Resources, run: Run, way: Way) -> Run:
    # They bring Celery, which --local does without.
    from api.orders.repair_workers import call_for_rollback, require_workers  # noqa: PLC0415 - the reason stands above

    resources.rule(run.rule_id)
    with interrupt_deferred() as stop_if_pressed:
        require_workers(resources.settings, f"run {run.id} stays {run.state}", OTHERWISE)
        stop_if_pressed()
        begun = rolling_back.begin(resources, run.id, actor())
        call_for_rollback(run.id)
        return _watched(resources, begun, way, stop_if_pressed) if way.waits else begun


def _watched(resources: Resources, run: Run, way: Way, stop_if_pressed: Callable[[], None]) -> Run:
    from cli.repair.watching import leaving_it_to_workers, watch  # noqa: PLC0415 - the same

    rows = _rows(resources, run)
    with leaving_it_to_workers(run.id), progress_bar("rolling back") as show:

        def look(_run: Run, progress: Progress) -> None:
            show(rows - progress.rows_written, rows)

        return watch(resources, run.id, way.seconds, look, stop_if_pressed)


def _rows(resources: Resources, run: Run) -> int:
    return look_at(resources, run.id)[1].rows_written
