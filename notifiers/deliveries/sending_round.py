"""A round over what is due. What one attempt came to and the claim of the next are one commit between two attempts."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from consistency.patience import patient
from notifiers.channels.channel import Outcome
from notifiers.deliveries.beginning import Ready, Take, intent_of
from notifiers.deliveries.claiming import Found, look, look_at_due
from notifiers.deliveries.finishing import Attempt, finish, is_plain
from notifiers.deliveries.post import Post
from notifiers.deliveries.reporting import Report, Tally
from notifiers.deliveries.sending import attempt, give_back, granted, take_in_hand, tell
from notifiers.deliveries.turning_over import turn_over

_TOGETHER = 50


def deliver_due(post: Post, limit: int, seconds: float = 20.0) -> dict[str, Any]:
    """Send what is due, oldest first, up to `limit` attempts or so many seconds; limited channels hold up no others.

    The dict counts deliveries by what became of them; `channel_turns` and `fallback_ids` are as of `deliver`.
    """
    deadline = time.monotonic() + seconds
    with post.holding() as holding:
        going = _Round(holding)
        while going.tally.looked_at < limit and time.monotonic() < deadline:
            due = _due(holding, min(_TOGETHER, limit - going.tally.looked_at), going.tally.limited)
            going.over(due, deadline)
            if not due and not _waited(going.tally.limited, post.patience):
                break
    return going.tally.as_dict()


@dataclass
class _Round:
    """How far a sender is."""

    post: Post
    tally: Tally = field(default_factory=Tally)
    #: The attempt that is not written down yet.
    done: tuple[Ready, Attempt] | None = None

    def over(self, due: list[Found], deadline: float) -> None:
        """Make one attempt at each; as long as all goes well, they are believed to be as they were found."""
        well = True
        for found in due:
            if found.channel in self.tally.limited or time.monotonic() >= deadline:
                continue
            ready = self._next(found, trusted=well and found.is_fresh)
            if isinstance(ready, Ready) and (wait := granted(self.post, ready, 0.0)):
                ready = give_back(self.post, ready, wait)
            if isinstance(ready, Ready):
                self.done = ready, attempt(ready)
                well = well and self.done[1].verdict.outcome is Outcome.OK
            elif ready is not None:
                self.tally.add(ready)
                well = False
        self._next(None, trusted=False)

    def _next(self, found: Found | None, *, trusted: bool) -> Ready | Report | None:
        """Write down the attempt before, and take the next delivery in hand."""
        report, ready = _changed_over(self.post, self.done, found, trusted)
        self.done = None
        if report is not None:
            tell(self.post, report)
            self.tally.add(report)
        return ready


@patient
def _changed_over(
    post: Post,
    done: tuple[Ready, Attempt] | None,
    found: Found | None,
    trusted: bool,  # noqa: FBT001 - handed on
) -> tuple[Report | None, Ready | Report | None]:
    if done is None and found is None:
        return None, None
    if done and found and trusted and post.turns_over_at_once and is_plain(done[0], done[1].verdict):
        intent = intent_of(post.channels, found, post.lease_margin)
        if isinstance(intent, Take) and not intent.probe:
            return turn_over(post, *done, intent)
    with post.transaction() as connection:
        report = finish(connection, post.channels, *done) if done else None
        if found is not None and not trusted:
            found = look(connection, found.id)
        return report, take_in_hand(connection, post, found) if found else None


def _waited(limited: dict[str, float], patience: float) -> bool:
    """Whether the first of the channels that were held back by their limits may be asked again soon, and now is."""
    if not limited:
        return False
    channel = min(limited, key=lambda name: limited[name])
    wait = limited.pop(channel) - time.monotonic()
    if wait > patience:
        return False
    time.sleep(max(0.0, wait))
    return True


@patient
def _due(post: Post, limit: int, limited: Collection[str]) -> list[Found]:
    with post.transaction() as connection:
        return look_at_due(connection, limit, limited)
