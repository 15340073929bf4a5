"""Repairs: which runs stand where, what became of tasks, and how the provider answers."""

from collections.abc import Mapping

from prometheus_client.metrics_core import Metric

from api.metrics.families import Steps, by_labels, counter, gauge, histogram, steps_of
from compensation.call_counts import STEPS
from compensation.item_counts import RESULTS
from compensation.provider import Kind
from compensation.states import LIVE, WORKING, ItemState, RunState
from consistency.ledger.counts import Name

_SHOWN = sorted(LIVE)
#: In these somebody is at work; a run that is paused waits for a person.
_AT_WORK = WORKING | {RunState.PLANNING}
_ENDS = sorted({*RESULTS.values(), *map(str, (ItemState.ROLLED_BACK, ItemState.NO_OUTPUT))})


def run_metrics(numbers: Mapping[str, int]) -> list[Metric]:
    """The families of runs that have not ended, of which there are so many in each state."""
    at_work = sum(numbers.get(state, 0) for state in _AT_WORK)
    states = (((str(state),), numbers.get(state, 0)) for state in _SHOWN)
    return [
        gauge("repair_in_progress", "Repairs that are being planned, worked on or taken back.", (), [((), at_work)]),
        gauge("repair_runs", "Repairs that have not ended, by state.", ("state",), states),
    ]


def provider_metrics(sums: Mapping[Name, float]) -> list[Metric]:
    """The families of what all workers have counted in Redis."""
    calls = by_labels(sums, "calls", [(str(kind),) for kind in Kind])
    items = by_labels(sums, "items", [(end,) for end in _ENDS])
    lengths: dict[Name, Steps] = {(): steps_of(sums, "call_seconds", number=len(STEPS))}
    took = "How long a question to the provider took, with all the requests it needed."
    return [
        counter("repair_items", "Tasks of repairs, by what became of them.", ("result",), items),
        counter("upstream_requests", "Requests to the provider, by what they brought.", ("code_class",), calls),
        histogram("upstream_request_duration_seconds", took, (), STEPS, lengths),
    ]
