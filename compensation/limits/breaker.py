"""The circuit breaker of one provider: while it is ill nobody asks, then one at a time finds out whether it is well."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from compensation.limits.breaker_rules import BreakerTimes, Health, after_answer
from compensation.limits.cell import Cell
from compensation.limits.in_flight import InFlight, Place
from compensation.provider import Kind
from consistency.model import utc_text
from consistency.shared import Shared

_KEEP_SECONDS = 6 * 3600.0
#: They say nothing about how well the provider is; a bad id may be seen without asking it.
_NEITHER = frozenset({Kind.LIMITED, Kind.STOP_RUN, Kind.BAD_ITEM})
#: After so many seconds it is worth asking whether the one probe is over.
_PROBE_AGAIN = 1.0


class Phase(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerState:
    """For showing; `until` (UTC) is there while it is open."""

    phase: Phase
    until: datetime | None = None

    def words(self) -> str | None:
        """What it means for the work, or None while it is closed."""
        if self.until is not None:
            return f"provider_open until {utc_text(self.until.replace(microsecond=0))}"
        return None if self.phase is Phase.CLOSED else "provider_half_open: one call at a time"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether one call may be made: 0 seconds, else after how many to come back. `probe` is there while half-open.

    `well` says that no failure is remembered, so that another success need not be.
    """

    seconds: float = 0.0
    probe: Place | None = None
    well: bool = field(default=False, compare=False)


class Breaker:
    """One provider's breaker, shared by everybody with the same key; the clock is the server's."""

    def __init__(self, shared: Shared, key: str, probe_lease: float, times: BreakerTimes | None = None) -> None:
        self._times = times or BreakerTimes()
        self._cell = Cell(shared, key, Health, _KEEP_SECONDS)
        self._probes = InFlight(shared, f"{key}:probe", limit=1, lease=probe_lease)

    def admit(self) -> Admission:
        """Ask before a call; whoever gets a `probe` releases it in the end, after `tell` if the call was made."""
        health, now = self._cell.read()
        if not health.is_half_open(now):
            return Admission(max(0.0, health.until - now), well=health == Health())
        probe = self._probes.take()
        if probe is None:
            return Admission(_PROBE_AGAIN)
        # Between the two the probe of another may have failed.
        health, now = self._cell.read()
        if health.is_open(now):
            probe.release()
            return Admission(health.until - now)
        return Admission(probe=probe)

    def tell(self, admission: Admission, kind: Kind) -> None:
        """What the call that was admitted has brought."""
        nothing_new = admission.well and kind is not Kind.TRANSIENT
        if kind not in _NEITHER and not nothing_new:
            step = partial(self._step, ill=kind is Kind.TRANSIENT, probe=admission.probe is not None)
            self._cell.change(step)

    def state(self) -> BreakerState:
        """How it stands now."""
        health, now = self._cell.read()
        if health.is_open(now):
            return BreakerState(Phase.OPEN, datetime.fromtimestamp(health.until, UTC))
        return BreakerState(Phase.HALF_OPEN if health.until else Phase.CLOSED)

    def _step(self, health: Health, now: float, *, ill: bool, probe: bool) -> Health:
        return after_answer(health, self._times, now, random.random(), ill=ill, probe=probe)
