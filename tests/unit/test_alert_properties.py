"""What holds of an alert whatever is observed and whatever people do, in any order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifiers.alerts.acting import ack_expired, acknowledge, go_stale, resolve_by
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.changes import Changed
from notifiers.alerts.changing import FLAPS, REMEMBERED, flips, observe
from tests.factories.observing import BEGIN, QUARTER, names, seen

STEPS = st.lists(st.tuples(st.sampled_from("glmhcnrvARES"), st.integers(-1, 12)), max_size=40)


def one_more(alert: Alert | None, step: str, minutes: int) -> tuple[Changed, bool]:
    """After one more step at a moment that may also be too late; and whether it was an observation."""
    latest = max(alert.observed_at or BEGIN, alert.last_seen_at) if alert else BEGIN
    now = latest + minutes * timedelta(minutes=5)
    if step in "glmhcnrv":
        return observe(alert, seen(step, now), now), True
    if alert is None or (step in "AR" and not alert.is_live):
        return Changed(alert), False
    acts = {
        "A": lambda: acknowledge(alert, "ann", now + QUARTER, "", now),
        "R": lambda: resolve_by(alert, "ann", "", now),
        "E": lambda: ack_expired(alert, now),
        "S": lambda: go_stale(alert, now),
    }
    return acts[step](), False


@given(STEPS)
def test_what_always_holds(steps: list[tuple[str, int]]) -> None:
    alert: Alert | None = None
    for step, minutes in steps:
        before = alert
        changed, observed = one_more(before, step, minutes)
        alert = changed.alert
        if alert is None:
            assert before is None
            continue
        holds_together(alert)
        follows(before, changed)
        if observed and alert.observed_at is not None:
            again = observe(alert, seen("c", alert.observed_at), alert.last_seen_at + QUARTER)
            assert again == Changed(alert)


def holds_together(alert: Alert) -> None:
    if alert.is_live:
        assert alert.episode > 0
        assert alert.starts_at is not None
        assert alert.fired_at is not None
        assert alert.observed_at is not None
        assert alert.starts_at <= alert.observed_at
        assert alert.resolved_at is None
        assert alert.seen > 0
    else:
        assert alert.acked_by is None
        assert alert.acked_until is None
        assert alert.good_since is None
    assert (alert.state is AlertState.RESOLVING) == (alert.good_since is not None)
    assert len(alert.recent) <= REMEMBERED
    assert alert.flapping or flips(alert.recent) < FLAPS or not alert.is_live


def follows(before: Alert | None, changed: Changed) -> None:
    alert = changed.alert
    assert alert is not None
    was_live = before is not None and before.is_live
    assert alert.episode - (before.episode if before else 0) == names(changed).count("fired")
    if alert.is_live != was_live:
        assert changed.arm, "whoever was told, or has to be, hears of it"
    if before is not None:
        assert (alert.updated_at != before.updated_at) <= changed.arm
    assert changed.arm >= changed.urgent
