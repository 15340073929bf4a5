"""How an alert changes with what is observed: when it fires, rises, recovers, is over, reopens, or flaps.

A moment counts once: an observation as old as the latest one, or older, changes nothing.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from consistency.model import Level
from notifiers.alerts.alert import Alert, AlertState, alert_id
from notifiers.alerts.changes import NOT_ACKED, PRODUCT, Changed, Course, What
from notifiers.alerts.observation import Observation, Sight

REOPENS_WITHIN = timedelta(minutes=30)
#: Good for so many periods is over, also when some observations in between had nothing to judge.
HELD_PERIODS = 1.5
REMEMBERED = 8
FLAPS = 4
STEADY_AFTER = 3

_RANKS = {level: rank for rank, level in enumerate(Level)}
_LETTERS = {Level.LOW: "l", Level.MEDIUM: "m", Level.HIGH: "h", Level.CRITICAL: "c"}
_LEVELS = {letter: level for level, letter in _LETTERS.items()}
_GOOD = "g"


def observe(alert: Alert | None, observation: Observation, now: datetime) -> Changed:
    """The alert after one more observation; None where there is no alert and nothing is wrong."""
    if alert is None:
        if observation.verdict is not Sight.BAD:
            return Changed(None)
        alert = _first_seen(observation, now)
    elif alert.observed_at is not None and observation.at <= alert.observed_at:
        return Changed(alert)
    course = _began(alert, observation, now)
    _SIGHTS[observation.verdict](course, observation)
    if observation.verdict is not Sight.NEUTRAL:
        _judge_flapping(course, was_live=alert.is_live)
    return course.ended()


def _first_seen(observation: Observation, now: datetime) -> Alert:
    return Alert(
        id=alert_id(observation.fingerprint),
        fingerprint=observation.fingerprint,
        service=observation.service,
        rule_id=observation.rule,
        kind=observation.kind,
        labels=observation.labels,
        state=AlertState.RESOLVED,
        episode=0,
        level=observation.level,
        summary=observation.summary,
        details=observation.details,
        observed_at=None,
        last_seen_at=now,
        every=observation.every,
        updated_at=now,
    )


def _began(alert: Alert, observation: Observation, now: datetime) -> Course:
    verified = observation.verified
    actor = f"repair {verified['run_id']}" if verified else PRODUCT
    payload = {"summary": observation.summary, **observation.details, **({"repair": verified} if verified else {})}
    course = Course(alert, now, observation.at, actor, payload)
    course.note(observed_at=observation.at, last_seen_at=now, every=observation.every or alert.every)
    if observation.verdict is not Sight.NEUTRAL:
        letter = _LETTERS[observation.level] if _is_bad(observation) and observation.level else _GOOD
        course.note(
            recent=(alert.recent + letter)[-REMEMBERED:],
            summary=observation.summary or alert.summary,
            details=observation.details or alert.details,
        )
    if alert.stale:
        course.change(What.SEEN_AGAIN, stale=False)
    return course


def _is_bad(observation: Observation) -> bool:
    return observation.verdict is Sight.BAD


def _bad(course: Course, observation: Observation) -> None:
    alert = course.alert
    course.note(bad_streak=alert.bad_streak + 1, good_streak=0, good_since=None)
    if alert.is_live:
        _bad_again(course, observation)
    elif alert.state is AlertState.RESOLVED and _reopens(alert, observation):
        course.change(
            What.REOPENED,
            arm=True,
            state=AlertState.FIRING,
            fired_at=observation.at,
            resolved_at=None,
            resolved_by=None,
            repair=None,
            **_from_now_on(alert, observation),
        )
    else:
        _bad_anew(course, observation)
    _note_repair(course, observation)


def _reopens(alert: Alert, observation: Observation) -> bool:
    """Soon after it was over, or when a person has ended what nobody has seen good since."""
    if not alert.episode or alert.resolved_at is None:
        return False
    return _was_only_declared(alert) or observation.at - alert.resolved_at <= REOPENS_WITHIN


def _was_only_declared(alert: Alert) -> bool:
    return alert.resolved_by is not None and alert.good_streak == 0


def _from_now_on(alert: Alert, observation: Observation) -> dict[str, Any]:
    """What was good in between begins once more; what was never good has gone on."""
    if _was_only_declared(alert):
        return {"seen": alert.seen + 1, "level": worse(alert.level, observation.level)}
    return {"seen": 1, "level": observation.level, "starts_at": observation.at}


def _bad_anew(course: Course, observation: Observation) -> None:
    alert = course.alert
    starts_at = alert.starts_at if alert.state is AlertState.PENDING else observation.at
    course.note(level=observation.level, starts_at=starts_at)
    # What goes to and fro never has two bad ones in a row, and yet people have to hear of it.
    if alert.bad_streak >= observation.bad_needed or flips(alert.recent) >= FLAPS:
        course.change(
            What.FIRED,
            arm=True,
            state=AlertState.FIRING,
            episode=alert.episode + 1,
            fired_at=observation.at,
            resolved_at=None,
            resolved_by=None,
            repair=None,
            seen=alert.bad_streak,
        )
    elif alert.state is not AlertState.PENDING:
        course.change(What.PENDING, state=AlertState.PENDING)


def _bad_again(course: Course, observation: Observation) -> None:
    alert = course.alert
    course.note(state=AlertState.FIRING, seen=alert.seen + 1)
    if alert.state is AlertState.RESOLVING:
        course.change(What.RELAPSED)
    if worse(alert.level, observation.level) is not alert.level:
        course.change(What.SEVERITY_UP, urgent=True, level=observation.level, **NOT_ACKED)
    elif (milder := _settled_level(alert)) is not None and milder is not alert.level:
        course.change(What.SEVERITY_DOWN, level=milder)


def _settled_level(alert: Alert) -> Level | None:
    """The worst of the latest observations, when all of them were bad."""
    letters = alert.recent[-STEADY_AFTER:]
    if len(letters) < STEADY_AFTER or _GOOD in letters:
        return None
    return max((_LEVELS[letter] for letter in letters), key=_RANKS.__getitem__)


def _good(course: Course, observation: Observation) -> None:
    alert = course.alert
    since = alert.good_since or observation.at
    course.note(good_streak=alert.good_streak + 1, bad_streak=0)
    if alert.state is AlertState.PENDING:
        course.change(What.CLEARED, state=AlertState.RESOLVED, starts_at=alert.fired_at)
    elif alert.is_live:
        course.note(good_since=since)
        enough = course.alert.good_streak >= observation.good_needed or _is_mended(alert)
        if observation.verified or enough or _held(course):
            _resolve(course, urgent=observation.verified is not None)
        elif alert.state is AlertState.FIRING:
            course.change(What.RECOVERING, state=AlertState.RESOLVING)
    _note_repair(course, observation)


def _is_mended(alert: Alert) -> bool:
    """A repair has worked on it, and nothing bad was seen since."""
    return alert.repair is not None and alert.bad_streak == 0


def _neutral(course: Course, observation: Observation) -> None:
    if course.alert.state is AlertState.RESOLVING and _held(course):
        _resolve(course)
    _note_repair(course, observation)


def _held(course: Course) -> bool:
    every, since = course.alert.every, course.alert.good_since
    return every is not None and since is not None and course.at - since >= every * HELD_PERIODS


def _resolve(course: Course, *, urgent: bool = False) -> None:
    course.change(
        What.RESOLVED,
        arm=True,
        urgent=urgent,
        state=AlertState.RESOLVED,
        resolved_at=course.at,
        resolved_by=None,
        good_since=None,
        **NOT_ACKED,
    )


def _note_repair(course: Course, observation: Observation) -> None:
    if observation.verified:
        course.change(What.REPAIRED, repair=observation.verified)
        if course.alert.is_live:
            course.note(bad_streak=0)


def _judge_flapping(course: Course, *, was_live: bool) -> None:
    alert = course.alert
    lately = alert.recent[-STEADY_AFTER:]
    if alert.flapping and len(lately) == STEADY_AFTER and flips(lately) == 0:
        course.change(What.STEADY, arm=True, flapping=False, recent=lately)
    elif not alert.flapping and flips(alert.recent) >= FLAPS and (was_live or alert.is_live):
        course.change(What.FLAPPING, arm=True, flapping=True)


def flips(recent: str) -> int:
    """How often it went from good to bad or back."""
    return sum((before == _GOOD) != (after == _GOOD) for before, after in pairwise(recent))


def worse(one: Level | None, other: Level | None) -> Level | None:
    """The worse of two levels; the first when they are equal."""
    if one is None or other is None:
        return one or other
    return other if _RANKS[other] > _RANKS[one] else one


_SIGHTS = {Sight.BAD: _bad, Sight.GOOD: _good, Sight.NEUTRAL: _neutral}
