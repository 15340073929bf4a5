"""Whether a provider may be asked now: breaker, calls under way and budget, one after the other, in little time."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import redis

from compensation.limits.breaker import Admission, Breaker
from compensation.limits.breaker_rules import BreakerTimes
from compensation.limits.budget import Budget
from compensation.limits.in_flight import InFlight
from compensation.limits.line import Line
from compensation.limits.slowing import SlowingTimes
from compensation.provider import Kind
from consistency.settings import Settings
from consistency.shared import Shared


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody was asked, so no attempt is burnt: why, in words for people, and after how many seconds to come back."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class GateTimes:
    """The numbers of all limits; durations in seconds. `patience` is how long `enter` may wait altogether."""

    patience: float = 1.0
    come_again: float = 1.0
    lease_margin: float = 10.0
    look_again: float = 0.02
    shown: float = 5.0
    breaker: BreakerTimes = field(default_factory=BreakerTimes)
    slowing: SlowingTimes = field(default_factory=SlowingTimes)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that may be made, with all that is taken for it; to be ended by `leave` or `turn_back`."""

    admission: Admission
    taken: ExitStack


class Gate:
    """The limits of one provider for all workers, or for this process alone without a client; safe for threads."""

    def __init__(
        self, name: str, settings: Settings, client: redis.Redis | None, times: GateTimes | None = None
    ) -> None:
        self._times = times or GateTimes()
        self._shared = Shared(client)
        self._line = Line()
        self._latest: tuple[float, Callable[[], str]] | None = None
        self._limit = limit = settings.provider_in_flight
        workers = 1 if client is None else settings.repair_workers
        key = f"{settings.key_prefix}provider:{name}"
        lease = settings.provider_timeout.total_seconds() + self._times.lease_margin
        self._budget = Budget(self._shared, f"{key}:rate", settings.provider_rate, workers, self._times.slowing)
        self._places = InFlight(self._shared, f"{key}:in_flight", limit, lease, max(1, limit // workers))
        self._breaker = Breaker(self._shared, f"{key}:breaker", lease, self._times.breaker)

    @property
    def shared(self) -> Shared:
        """What the limits share with other processes."""
        return self._shared

    def enter(self) -> Entry | Held:
        """Take what one call needs, or say why not, after `patience` at the latest."""
        deadline = time.monotonic() + self._times.patience
        with self._line.front(deadline) as before, ExitStack() as taken:
            if before:
                return Held(self._crowd_words(), self._times.come_again)
            return self._enter(taken, deadline)

    def leave(self, entry: Entry, kind: Kind, retry_after: timedelta | None = None, calls: int = 1) -> None:
        """End a call that was made, by what it has brought; if it was several, wait for the others' turn as well."""
        for _ in range(calls - 1):
            self._budget.take(self._times.patience)
        with entry.taken:
            self._breaker.tell(entry.admission, kind)
            if kind is Kind.LIMITED:
                self._budget.slow_down(retry_after)
            else:
                self._budget.hold(retry_after)

    def turn_back(self, entry: Entry) -> None:
        """End a call of which nothing is known."""
        entry.taken.close()

    def reason(self) -> str | None:
        """What slows the work down now, in words for people, or None."""
        if words := self._breaker.state().words():
            return words
        if self._budget.is_slowed():
            return self._budget.words()
        latest = self._latest
        return latest[1]() if latest and time.monotonic() - latest[0] < self._times.shown else None

    def close(self) -> None:
        """Close the connections of the limits."""
        self._shared.close()

    def _enter(self, taken: ExitStack, deadline: float) -> Entry | Held:
        admission = self._admission(taken)
        if admission.seconds:
            return self._refused(admission)
        # The place comes before the budget, so that a call follows at once when the budget has granted it.
        if not self._takes_place(taken, deadline):
            self._note(self._busy_words)
            return Held(self._busy_words(), self._times.come_again)
        if wait := self._takes_budget(deadline):
            return Held(self._budget.words(), wait)
        # Whoever gave the place back has told the breaker before.
        if admission.probe is None:
            admission = self._admission(taken)
            if admission.seconds:
                return self._refused(admission)
        return Entry(admission, taken.pop_all())

    def _admission(self, taken: ExitStack) -> Admission:
        admission = self._breaker.admit()
        if admission.probe is not None:
            taken.callback(admission.probe.release)
        return admission

    def _refused(self, admission: Admission) -> Held:
        return Held(self._breaker.state().words() or "provider_half_open: one call at a time", admission.seconds)

    def _takes_place(self, taken: ExitStack, deadline: float) -> bool:
        while (place := self._places.take()) is None:
            if time.monotonic() + self._times.look_again > deadline:
                return False
            time.sleep(self._times.look_again)
        taken.callback(place.release)
        return True

    def _takes_budget(self, deadline: float) -> float:
        began = time.monotonic()
        wait = self._budget.take(deadline - began)
        if wait or time.monotonic() - began > self._times.look_again:
            self._note(self._budget.words)
        return wait

    def _note(self, words: Callable[[], str]) -> None:
        self._latest = (time.monotonic(), words)

    def _crowd_words(self) -> str:
        latest = self._latest
        return latest[1]() if latest else self._budget.words()

    def _busy_words(self) -> str:
        calls = "1 call to the provider is" if self._limit == 1 else f"{self._limit} calls to the provider are"
        return f"{calls} under way, which is the limit"
