"""Measures what a run is about, by the one definition of a gap."""

from compensation.plans.scopes import Scope
from compensation.runs import Run
from consistency.database import database_now, transaction
from consistency.host import BoundRule
from consistency.measure import Measured, measure
from consistency.resources import Resources
from consistency.source import source_of


def measure_scope(resources: Resources, rule: BoundRule, run: Run) -> Measured:
    """The run's scope as it is now."""
    scope = Scope.from_dict(run.scope)
    with transaction(resources.reader) as connection:
        as_of = database_now(connection)
    what = scope.window or [rule.parse_key(text) for text in scope.ids]
    return measure(source_of(resources), rule, what, as_of)
