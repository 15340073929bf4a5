"""From the flags to what is to be repaired, and in whose name."""

from dataclasses import dataclass

from cli.actor import actor
from cli.orders import one_rule
from cli.repair.task_ids import FLAG, given_ids
from cli.terminal import note
from compensation.plans.opening import RepairOrder
from consistency.settings import Settings

NAMES = ("--start-date", "--end-date", FLAG)


@dataclass(frozen=True)
class ScopeFlags:
    """The scope flags as they were typed."""

    rule: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    task_ids: str | None = None
    batch_size: int | None = None
    max_tasks: int | None = None

    def typed(self) -> list[str]:
        """Which of them were typed."""
        return [f"--{name.replace('_', '-')}" for name, value in vars(self).items() if value is not None]


def order_of(settings: Settings, flags: ScopeFlags, *, dry_run: bool) -> RepairOrder:
    """The order, with ids read from where they are; ids that are given twice are told in a note."""
    rule, ids = one_rule(settings, flags.rule), None
    if flags.task_ids is not None:
        ids, repeated = given_ids(flags.task_ids)
        if repeated:
            note(f"Note: {FLAG}: {repeated} ids are given more than once; each task is repaired once.")
    return RepairOrder(
        rule_id=rule.id,
        start=flags.start_date,
        end=flags.end_date,
        task_ids=ids,
        batch_size=flags.batch_size,
        max_tasks=flags.max_tasks,
        dry_run=dry_run,
        actor=actor(),
        names=NAMES,
    )
