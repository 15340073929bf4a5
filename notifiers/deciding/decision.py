"""Whether a channel is told anything of a group now, why, and when time alone asks for another look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifiers.deciding.stand import Stand
from notifiers.deciding.told import Mark, Told
from notifiers.routing.routes import gravity


class Reason(StrEnum):
    """Why a message is sent; of several reasons the first here says most."""

    FIRST = "first"
    SEVERITY_UP = "severity_up"
    NEW_ALERTS = "new_alerts"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    UNSILENCED = "unsilenced"
    FLAPPING = "flapping"
    SOME_RESOLVED = "some_resolved"
    ALL_RESOLVED = "all_resolved"
    ACK_EXPIRED = "ack_expired"
    REPEAT = "repeat"
    EVENT = "event"


_WEIGHT = list(Reason).index
#: These wait until `group_interval` has passed since the last message.
_HELD_BACK = {Reason.NEW_ALERTS, Reason.SOME_RESOLVED}
#: How long a channel is remembered to have been told of an end.
_ENDED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Decision:
    """With a `reason`, a message about the alerts in `firing` and `ended` (fingerprints); `told` is to be kept."""

    reason: Reason | None
    firing: tuple[str, ...]
    ended: tuple[str, ...]
    told: dict[str, Told]
    next_look: datetime | None


@dataclass(frozen=True, slots=True)
class _News:
    """Something that the channel does not know, to be told from `at` on; None for not as long as it stands so."""

    stand: Stand
    reason: Reason
    at: datetime | None

    def is_ripe(self, now: datetime) -> bool:
        return self.at is not None and self.at <= now

    @property
    def said(self) -> Reason:
        """The reason as the channel is told."""
        new = self.reason in {Reason.FIRST, Reason.NEW_ALERTS}
        return Reason.ESCALATED if new and self.stand.escalates else self.reason

    @property
    def is_end(self) -> bool:
        return self.reason in {Reason.SOME_RESOLVED, Reason.ALL_RESOLVED}


def decide(stands: Sequence[Stand], told: Mapping[str, Told], told_at: datetime | None, now: datetime) -> Decision:
    """Compare how the alerts stand with what the channel was `told` at `told_at` (None: never anything)."""
    known = _remembered(stands, told, now)
    news = _news(stands, known, told_at)
    ripe = [each.said for each in news if each.is_ripe(now)]
    if not ripe and any(at <= now for at in _repeats(stands, known, told_at, now)):
        ripe = [_why_again(stands, known, now)]
    if not ripe:
        kept = _with_acks(stands, known, now)
        return Decision(None, (), (), kept, _next_look(stands, kept, told_at, now))
    going = [each for each in news if each.is_ripe(now) or (each.at is not None and not each.stand.escalates)]
    after = _with_acks(stands, _after(stands, known, going), now)
    firing = tuple(each.fingerprint for each in stands if _is_shown(each, after, going))
    ended = tuple(each.stand.fingerprint for each in going if each.is_end)
    return Decision(min(ripe, key=_WEIGHT), firing, ended, after, _next_look(stands, after, now, now))


def _remembered(stands: Iterable[Stand], told: Mapping[str, Told], now: datetime) -> dict[str, Told]:
    """What was told, without alerts that are gone and without ends of long ago."""
    there = {stand.fingerprint: stand for stand in stands}

    def counts(entry: Told) -> bool:
        stand = there.get(entry.fingerprint)
        if stand is None or entry.is_firing:
            return stand is not None
        if stand.firing:
            return stand.episode == entry.episode
        return stand.resolved_at is not None and now - stand.resolved_at < _ENDED_FOR

    return {fingerprint: entry for fingerprint, entry in told.items() if counts(entry)}


def _news(stands: Iterable[Stand], known: Mapping[str, Told], told_at: datetime | None) -> list[_News]:
    found = [(stand, _difference(stand, known.get(stand.fingerprint))) for stand in stands]
    ending = {stand.fingerprint for stand, reason in found if reason is Reason.SOME_RESOLVED and not stand.held}
    believed = {fingerprint for fingerprint, entry in known.items() if entry.is_firing}
    coming = any(
        reason not in {None, Reason.SOME_RESOLVED} and stand.due_at and not stand.escalates for stand, reason in found
    )
    names: dict[Reason, Reason] = {}
    if not believed:
        names[Reason.NEW_ALERTS] = Reason.FIRST
    if believed == ending and not coming:
        names[Reason.SOME_RESOLVED] = Reason.ALL_RESOLVED
    return [_timed(stand, names.get(reason, reason), told_at) for stand, reason in found if reason is not None]


def _difference(stand: Stand, entry: Told | None) -> Reason | None:
    """What of it the channel does not know."""
    believed = entry if entry is not None and entry.is_firing else None
    if stand.flapping:
        unknown = (believed is None or believed.mark is not Mark.FLAPPING) and not stand.muted
        return Reason.FLAPPING if unknown and (believed or stand.firing) else None
    if not stand.firing:
        return Reason.SOME_RESOLVED if believed else None
    if stand.muted:
        return None
    if entry is None or (entry.episode != stand.episode and entry.mark is not Mark.FLAPPING):
        return Reason.UNSILENCED if stand.was_muted else Reason.NEW_ALERTS
    if entry.mark in {Mark.ENDED, Mark.FLAPPING}:
        return Reason.REOPENED
    return Reason.SEVERITY_UP if gravity(stand.level) > gravity(entry.level) else None


def _timed(stand: Stand, reason: Reason, told_at: datetime | None) -> _News:
    at = None if stand.held and reason in {Reason.SOME_RESOLVED, Reason.ALL_RESOLVED} else stand.due_at
    if at is not None and told_at is not None and reason in _HELD_BACK:
        at = max(at, told_at + stand.timers.group_interval)
    return _News(stand, reason, at)


def _after(stands: Iterable[Stand], known: Mapping[str, Told], going: Iterable[_News]) -> dict[str, Told]:
    after = dict(known)
    for stand in stands:
        entry = known.get(stand.fingerprint)
        if entry and entry.is_firing and stand.firing and not stand.muted and entry.mark is not Mark.FLAPPING:
            after[stand.fingerprint] = Told(stand.fingerprint, stand.episode, stand.level)
    for news in going:
        stand = news.stand
        mark = Mark.ENDED if news.is_end else Mark.FLAPPING if news.reason is Reason.FLAPPING else Mark.NONE
        after[stand.fingerprint] = Told(stand.fingerprint, stand.episode, stand.level, mark)
    return after


def _is_shown(stand: Stand, after: Mapping[str, Told], going: Iterable[_News]) -> bool:
    entry = after.get(stand.fingerprint)
    if entry is None or not entry.is_firing or stand.muted:
        return False
    if stand.flapping:
        return any(news.stand is stand for news in going)
    return stand.firing and entry.episode == stand.episode


def _with_acks(stands: Iterable[Stand], known: dict[str, Told], now: datetime) -> dict[str, Told]:
    """Remember who has been taken on, for the reminder when that is over."""
    acked = {stand.fingerprint for stand in stands if stand.acked_until is not None and stand.acked_until > now}
    return {
        fingerprint: entry.marked(Mark.ACKED) if fingerprint in acked and entry.mark is Mark.NONE else entry
        for fingerprint, entry in known.items()
    }


def _repeats(
    stands: Iterable[Stand], known: Mapping[str, Told], told_at: datetime | None, now: datetime
) -> list[datetime]:
    """From when on each alert that nobody has taken on makes its message go out again."""
    return [
        now if known[stand.fingerprint].mark is Mark.ACKED else stand.timers.repeated_from(told_at)
        for stand in stands
        if told_at is not None and _is_repeated(stand, known.get(stand.fingerprint), now)
    ]


def _why_again(stands: Iterable[Stand], known: Mapping[str, Told], now: datetime) -> Reason:
    """Whoever had taken one on is reminded; else it is said that it goes on."""
    entries = [
        known.get(stand.fingerprint) for stand in stands if _is_repeated(stand, known.get(stand.fingerprint), now)
    ]
    reminded = any(entry is not None and entry.mark is Mark.ACKED for entry in entries)
    return Reason.ACK_EXPIRED if reminded else Reason.REPEAT


def _is_repeated(stand: Stand, entry: Told | None, now: datetime) -> bool:
    believed = entry is not None and entry.mark in {Mark.NONE, Mark.ACKED}
    acked = stand.acked_until is not None and stand.acked_until > now
    return believed and stand.firing and not (stand.muted or stand.flapping or acked)


def _next_look(
    stands: Sequence[Stand], told: Mapping[str, Told], told_at: datetime | None, now: datetime
) -> datetime | None:
    moments = [news.at for news in _news(stands, told, told_at) if news.at is not None]
    moments += _repeats(stands, told, told_at, now)
    moments += [stand.acked_until for stand in stands if stand.acked_until is not None]
    return min((moment for moment in moments if moment > now), default=None)
