"""From exact counts to a rate, its certainty, the health, the level and one sentence for people."""

from math import sqrt
from statistics import NormalDist

from consistency.model import Health, Level

#: The seed's bounds of the completion rate; each belongs to the better side.
HEALTHY_FROM = 0.95
DEGRADED_FROM = 0.80
CRITICAL_BELOW = 0.50


def completion_rate(with_outputs: int, tasks: int) -> float | None:
    """The share of matured tasks that have their output, unrounded; None when there are no tasks."""
    if not 0 <= with_outputs <= tasks:
        raise ValueError(f"{with_outputs} of {tasks} tasks cannot have outputs")
    return with_outputs / tasks if tasks else None


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """The Wilson score interval of a rate; None when n is 0."""
    if n == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, spread = successes / n, z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = z * sqrt(rate * (1 - rate) / n + spread / n / 4) / (1 + spread)
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))


def health_of(rate: float | None, coverage: float = 1.0, *, stale: bool = False) -> Health:
    """The health of an unrounded rate; unknown without tasks, without full coverage, or when the check is stale."""
    if rate is None or coverage < 1 or stale:
        return Health.UNKNOWN
    if rate >= HEALTHY_FROM:
        return Health.HEALTHY
    return Health.DEGRADED if rate >= DEGRADED_FROM else Health.UNHEALTHY


def level_of(rate: float | None, missing: int) -> Level | None:
    """How grave an unrounded rate is; None when nothing is missing."""
    if rate is None or missing == 0:
        return None
    if rate >= HEALTHY_FROM:
        return Level.LOW
    if rate >= DEGRADED_FROM:
        return Level.MEDIUM
    return Level.HIGH if rate >= CRITICAL_BELOW else Level.CRITICAL


def rate_text(with_outputs: int, tasks: int) -> str:
    """`91.8 %`; rounding never lifts a rate over a bound, so 100 % means that nothing is missing."""
    tenths = (2000 * with_outputs + tasks) // (2 * tasks)
    reached_by_rounding = with_outputs * 1000 < tenths * tasks
    if reached_by_rounding and tenths in {1000, 950, 800, 500}:
        tenths -= 1
    return "100 %" if with_outputs == tasks else f"{tenths // 10}.{tenths % 10} %"


def verdict(*, tasks: int, with_outputs: int, late: int | None, coverage: float = 1.0, stale: bool = False) -> str:
    """One sentence with the health first; `late` is None where lateness cannot be measured."""
    health = health_of(completion_rate(with_outputs, tasks), coverage, stale=stale)
    if coverage == 0:
        return f"{health}: nothing could be measured"
    reasons = [f"coverage {int(coverage * 100)} %"] if coverage < 1 else []
    reasons += ["the check is stale"] if stale else []
    reasons += ["no successful tasks in the window"] if tasks == 0 else [_finding(tasks, with_outputs, late)]
    return f"{health}: {'; '.join(reasons)}"


def _finding(tasks: int, with_outputs: int, late: int | None) -> str:
    noun = "successful task has its output" if tasks == 1 else "successful tasks have their output"
    lateness = "" if late is None else f", {late} late"
    return f"{rate_text(with_outputs, tasks)} of {tasks} {noun}; {tasks - with_outputs} missing{lateness}"
