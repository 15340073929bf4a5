"""Closes a run: gives way to late originals, measures the scope again, and says whether anything is left."""

import json

from compensation.measuring import measure_scope
from compensation.progress import counts_of, plain_counts
from compensation.records import write_record
from compensation.runs import Run, change_state, require_run
from compensation.states import SETTLED_ITEMS, RunState
from compensation.undo.yielding import yield_to_originals
from consistency.database import transaction
from consistency.host import BoundRule
from consistency.resources import Resources

ACTOR = "worker"


def verify(resources: Resources, rule: BoundRule, run: Run) -> Run:
    """Bring a run that is being verified to its end; doing it twice changes nothing."""
    engine = resources.primary
    yield_to_originals(engine, rule, run.id)
    after = measure_scope(resources, rule, run)
    with transaction(engine) as connection:
        counts = counts_of(connection, run.id)
        left = sum(count for state, count in counts.items() if state not in SETTLED_ITEMS)
        state = RunState.SUCCEEDED_WITH_LEFTOVERS if left else RunState.SUCCEEDED
        payload = {"counts": plain_counts(counts), "before": run.before, "after": after.as_dict()}
        change_state(connection, run, state, ACTOR, payload=payload, after=json.dumps(after.as_dict()), throttle=None)
        closed = require_run(connection, run.id)
    write_record(resources, closed.id)
    return closed
