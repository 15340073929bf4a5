"""What a sender says of one delivery: for the result of a task, and for whoever tells that a channel broke."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from notifiers.deliveries.breakers import Turn
from notifiers.deliveries.states import DeliveryState


@dataclass(frozen=True)
class Report:
    """What has become of a delivery. `outcome` and `code` are empty when no attempt was made.

    `held` is after how many seconds the limits of its channel allow it; `turn` says that the channel broke or was
    mended; `fallback_id` is the delivery through another channel that was queued.
    """

    delivery_id: str
    channel: str
    state: DeliveryState
    attempts: int
    outcome: str = ""
    code: str = ""
    held: float | None = None
    turn: Turn | None = None
    fallback_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Small and plain; `channel_turn` and `fallback_id` are there only when they say something."""
        told: dict[str, Any] = {
            "delivery_id": self.delivery_id,
            "channel": self.channel,
            "state": str(self.state),
            "outcome": self.outcome,
            "code": self.code,
            "attempts": self.attempts,
        }
        if self.turn is not None:
            told["channel_turn"] = self.turn.as_dict()
        if self.fallback_id is not None:
            told["fallback_id"] = self.fallback_id
        return told


class Tally:
    """What became of several deliveries. `limited` holds channels with the monotonic moment they may be asked again."""

    def __init__(self) -> None:
        self.looked_at = 0
        self.limited: dict[str, float] = {}
        self._states: Counter[DeliveryState] = Counter()
        self._turns: list[Turn] = []
        self._fallback_ids: list[str] = []

    def add(self, report: Report) -> None:
        """Count one more."""
        self.looked_at += 1
        if report.held is not None:
            self.limited[report.channel] = time.monotonic() + report.held
            return
        self._states[report.state] += 1
        if report.turn is not None:
            self._turns.append(report.turn)
        if report.fallback_id is not None:
            self._fallback_ids.append(report.fallback_id)

    def as_dict(self) -> dict[str, Any]:
        """Counts by state, those of waiting ones under `queued`; then what broke or was mended, and who stands in."""
        counts = {str(state): self._states[state] for state in DeliveryState if self._states[state]}
        turns = [turn.as_dict() for turn in self._turns]
        return {**counts, "channel_turns": turns, "fallback_ids": self._fallback_ids}
