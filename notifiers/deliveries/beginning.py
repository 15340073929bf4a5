"""The first of a sender's two transactions: takes a delivery in hand, or says why it is not to be sent now."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError
from sqlalchemy import Connection

from consistency.errors import BadRequest
from notifiers.channels.channel import Channel
from notifiers.deliveries.breakers import Standing, take_probe
from notifiers.deliveries.claiming import Claim, Found, change_found, hold_others, let_go, take
from notifiers.deliveries.outbox import REDELIVERED
from notifiers.deliveries.reporting import Report
from notifiers.deliveries.standing_in import PATIENCE, fallback_of, may_stand_in, stand_in
from notifiers.deliveries.states import DeliveryState
from notifiers.deliveries.switchboard import Switchboard, channel_of
from notifiers.messages.message import Message


@dataclass(frozen=True)
class Ready:
    """A delivery in hand: what is to be sent, and by which channel."""

    claim: Claim
    channel: Channel
    message: Message
    probe: bool


@dataclass(frozen=True)
class Take:
    """A delivery is to be taken in hand for so long."""

    found: Found
    channel: Channel
    message: Message
    lease: timedelta
    probe: bool

    def ready(self, claim: Claim) -> Ready:
        """The same once it is in hand."""
        return Ready(claim, self.channel, self.message, self.probe)


@dataclass(frozen=True)
class _End:
    state: DeliveryState
    because: str


@dataclass(frozen=True)
class _Hold:
    message: Message


def begin(connection: Connection, switchboard: Switchboard, found: Found, margin: timedelta) -> Ready | Report:
    """Take a delivery for as long as its channel may need and `margin` more, unless something speaks against it."""
    match intent_of(switchboard, found, margin):
        case Take() as intent:
            return _take(connection, intent)
        case _Hold(message):
            return _hold(connection, switchboard, found, message)
        case _End(state, because):
            return _end(connection, found, state, because)
        case Report() as report:
            return report


def intent_of(switchboard: Switchboard, found: Found, margin: timedelta) -> Take | _Hold | _End | Report:
    """What is to be done with it, by what was found; no statement is needed to know."""
    if not found.is_due:
        return told(found, found.state)
    try:
        channel = channel_of(switchboard, found.channel)
        message = Message.model_validate_json(found.message)
    except (BadRequest, ValidationError) as error:
        gone = isinstance(error, BadRequest)
        why = f"there is no channel {found.channel} any more" if gone else "its message cannot be read"
        return _End(DeliveryState.DEAD, why)
    if ending := _ending(found, channel, message):
        return ending
    if _is_superfluous(found, channel):
        message = message.model_copy(update={"alerts": ()})
    standing = found.health.standing(found.now)
    if standing in {Standing.PAUSED, Standing.BROKEN}:
        return _Hold(message)
    lease = switchboard.settings_of(found.channel).timeout + margin
    return Take(found, channel, message, lease, probe=standing is Standing.PROBE)


def put_back(connection: Connection, ready: Ready, seconds: float) -> Report:
    """Let go of a delivery that may not be sent for so many seconds because of a limit; that was no attempt."""
    claim, wait = ready.claim, timedelta(seconds=seconds)
    let_go(connection, claim, DeliveryState.QUEUED, next_at=claim.now + wait, attempts=claim.found.attempts)
    return told(claim.found, DeliveryState.QUEUED, held=seconds)


def _ending(found: Found, channel: Channel, message: Message) -> _End | None:
    if found.attempts > len(channel.retries):
        return _End(DeliveryState.DEAD, f"given up: of {found.attempts} senders none came back with an answer")
    if _is_superfluous(found, channel) and not message.notices:
        return _End(DeliveryState.SUPERSEDED, "a newer message of its group says more")
    return None


def _is_superfluous(found: Found, channel: Channel) -> bool:
    """Whether it was left over when a newer message came: it was in hand then, and was not sent."""
    return channel.supersedes and found.newer and found.reason != REDELIVERED


def _take(connection: Connection, intent: Take) -> Ready | Report:
    found, lease = intent.found, intent.lease
    claim = take(connection, found, lease)
    if claim is None:
        return told(found, DeliveryState.SENDING)
    if intent.probe and not take_probe(connection, found.channel, found.now, found.now + lease):
        let_go(connection, claim, DeliveryState.QUEUED, next_at=found.now + lease, attempts=found.attempts)
        return told(found, DeliveryState.QUEUED, held=lease.total_seconds())
    return intent.ready(claim)


def _hold(connection: Connection, switchboard: Switchboard, found: Found, message: Message) -> Report:
    """Leave it waiting until its channel may be asked; when that is broken and it has waited, another stands in."""
    until, fallback_id = found.health.paused_until or found.now, None
    broken = found.health.broken_since is not None and bool(fallback_of(switchboard, found.channel))
    if broken and may_stand_in(found):
        patient_until = found.created_at + PATIENCE
        if found.now < patient_until:
            until = min(until, patient_until)
        else:
            fallback_id = stand_in(connection, switchboard, found, message, found.now)
    given = {"state": DeliveryState.QUEUED, "lease_token": None, "lease_until": None}
    change_found(connection, found, **given, next_at=until)
    hold_others(connection, found, only_stood_in=broken)
    return told(found, DeliveryState.QUEUED, fallback_id=fallback_id)


def _end(connection: Connection, found: Found, state: DeliveryState, because: str) -> Report:
    given = {"lease_token": None, "lease_until": None, "finished_at": found.now, "ended_because": because}
    changed = change_found(connection, found, state=state, **given)
    return told(found, state if changed else found.state)


def told(found: Found, state: DeliveryState, held: float | None = None, fallback_id: str | None = None) -> Report:
    """What is said of a delivery that nobody tried to send."""
    return Report(found.id, found.channel, state, found.attempts, held=held, fallback_id=fallback_id)
