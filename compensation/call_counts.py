"""What calls to the provider add to the counters for metrics."""

from bisect import bisect_left

from compensation.provider import Answer
from consistency.ledger.counts import Name

#: Upper ends of the steps in which the length of calls is counted, in seconds; the last step has none.
STEPS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def counts_of_call(answer: Answer, seconds: float) -> dict[Name, float]:
    """One question to the provider, which may have taken it several requests."""
    return {
        ("calls", str(answer.kind)): float(answer.calls),
        ("call_seconds", str(bisect_left(STEPS, seconds))): 1.0,
        ("call_seconds_sum",): seconds,
    }
