"""What a channel is told: how alerts stand against what it was told before, row by row."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from consistency.model import Level
from notifiers.deciding.decision import Reason, decide
from notifiers.deciding.stand import Stand
from notifiers.deciding.told import Mark, Told, read_told, written
from notifiers.routing.timers import Timers

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMERS = Timers(timedelta(0), timedelta(0), group_interval=timedelta(minutes=5), repeat=2 * HOUR)
MILD = replace(TIMERS, group_interval=timedelta(0), repeat=24 * HOUR, digest=time(9))
DIGEST = datetime(2026, 3, 3, 9, tzinfo=UTC)


def ago(**how_long: float) -> datetime:
    return NOW - timedelta(**how_long)


def fires(fingerprint: str = "a", episode: int = 1, level: Level = Level.HIGH, **how: object) -> Stand:
    given_: dict[str, object] = {"firing": True, "timers": TIMERS, "due_at": ago(minutes=1), **how}
    return Stand(fingerprint=fingerprint, episode=episode, level=level, **given_)  # type: ignore[arg-type]


def is_over(fingerprint: str = "a", episode: int = 1, **how: object) -> Stand:
    return fires(fingerprint, episode, **{"firing": False, "resolved_at": ago(minutes=1), **how})  # type: ignore[arg-type]


def mild(**how: object) -> Stand:
    return fires(**{"level": Level.LOW, "timers": MILD, "due_at": DIGEST, **how})  # type: ignore[arg-type]


def told(*entries: str) -> dict[str, Told]:
    """Entries such as `a#1#high#acked`."""
    return read_told("[" + ",".join(f'"{entry}"' for entry in entries) + "]")


A, B = "a#1#high", "b#1#high"


@dataclass(frozen=True)
class Case:
    """How alerts stand, what was told and how long ago; what is told, what is believed after, when to look again."""

    stands: tuple[Stand, ...]
    told: tuple[str, ...] = ()
    minutes: float | None = None
    reason: Reason | None = None
    firing: str = ""
    ended: str = ""
    after: tuple[str, ...] = ()
    next_look: datetime | None = None


IN_2_HOURS = NOW + 2 * HOUR
IN_4_MINUTES = NOW + timedelta(minutes=4)
ACKED = NOW + HOUR

CASES: dict[str, Case] = {
    "nothing": Case(()),
    "pending or over, and never told": Case((is_over(),)),
    "first": Case((fires(),), reason=Reason.FIRST, firing="a", after=(A,), next_look=IN_2_HOURS),
    "nothing new": Case((fires(),), (A,), 1, after=(A,), next_look=ago(minutes=1) + 2 * HOUR),
    "repeat": Case((fires(),), (A,), 120, Reason.REPEAT, "a", after=(A,), next_look=IN_2_HOURS),
    "all over": Case((is_over(),), (A,), 1, Reason.ALL_RESOLVED, "", "a", after=(f"{A}#ended",)),
    "an end of a channel that never heard of the beginning": Case((is_over("b"), fires()), (A,), 1, after=(A,),
        next_look=ago(minutes=1) + 2 * HOUR),
    "another alert soon after": Case((fires(), fires("b")), (A,), 1, after=(A,), next_look=IN_4_MINUTES),
    "another alert later": Case((fires(), fires("b")), (A,), 5, Reason.NEW_ALERTS, "ab", after=(A, B),
        next_look=IN_2_HOURS),
    "some over soon after": Case((is_over(), fires("b")), (A, B), 1, after=(A, B), next_look=IN_4_MINUTES),
    "some over later": Case((is_over(), fires("b")), (A, B), 5, Reason.SOME_RESOLVED, "b", "a",
        after=(f"{A}#ended", B), next_look=IN_2_HOURS),
    "one over and another new": Case((is_over(), fires("b")), (A,), 5, Reason.NEW_ALERTS, "b", "a",
        after=(f"{A}#ended", B), next_look=IN_2_HOURS),
    "worse is not held back, and takes along what is": Case((fires(level=Level.CRITICAL), fires("b")), (A,), 1,
        Reason.SEVERITY_UP, "ab", after=("a#1#critical", B), next_look=IN_2_HOURS),
    "milder": Case((fires(level=Level.MEDIUM),), (A,), 1, after=(A,), next_look=ago(minutes=1) + 2 * HOUR),
    "a repetition says how grave it is by now": Case((fires(level=Level.MEDIUM),), (A,), 120, Reason.REPEAT, "a",
        after=("a#1#medium",), next_look=IN_2_HOURS),
    "over and firing anew before the end was told": Case((fires(episode=2),), (A,), 5, Reason.NEW_ALERTS, "a",
        after=("a#2#high",), next_look=IN_2_HOURS),
    "back after the end was told": Case((fires(),), (f"{A}#ended",), 1, Reason.REOPENED, "a", after=(A,),
        next_look=IN_2_HOURS),
    "firing anew long after": Case((fires(episode=2),), (f"{A}#ended",), 99, Reason.FIRST, "a", after=("a#2#high",),
        next_look=IN_2_HOURS),
    "an end of long ago": Case((is_over(resolved_at=ago(hours=2)),), (f"{A}#ended",), 120),
    "an alert that was removed": Case((), (A,), 120),
    # Silences and the like.
    "muted before": Case((fires(muted=True),)),
    "no longer muted": Case((fires(was_muted=True),), reason=Reason.UNSILENCED, firing="a", after=(A,),
        next_look=IN_2_HOURS),
    "muted after it was told": Case((fires(muted=True),), (A,), 999, after=(A,)),
    "over while muted after it was told": Case((is_over(muted=True),), (A,), 1, Reason.ALL_RESOLVED, "", "a",
        after=(f"{A}#ended",)),
    "one muted, the other over": Case((fires(muted=True), is_over("b")), (A, B), 5, Reason.SOME_RESOLVED, "", "b",
        after=(A, f"{B}#ended")),
    "over in a maintenance": Case((is_over(held=True),), (A,), 1, after=(A,)),
    "one muted, the other again": Case((fires(muted=True), fires("b")), (A, B), 120, Reason.REPEAT, "b", after=(A, B),
        next_look=IN_2_HOURS),
    # Acknowledged.
    "acknowledged": Case((fires(acked_until=ACKED),), (A,), 120, after=(f"{A}#acked",), next_look=ACKED),
    "no longer acknowledged": Case((fires(),), (f"{A}#acked",), 1, Reason.ACK_EXPIRED, "a", after=(A,),
        next_look=IN_2_HOURS),
    "an acknowledgement that is over and still stands there": Case((fires(acked_until=ago(seconds=1)),),
        (f"{A}#acked",), 1, Reason.ACK_EXPIRED, "a", after=(A,), next_look=IN_2_HOURS),
    "one acknowledged, the other not": Case((fires(acked_until=ACKED), fires("b")), (A, B), 120, Reason.REPEAT, "ab",
        after=(f"{A}#acked", B), next_look=ACKED),
    "acknowledged before it was told": Case((fires(acked_until=ACKED),), reason=Reason.FIRST, firing="a",
        after=(f"{A}#acked",), next_look=ACKED),
    # Flapping.
    "flapping is told once": Case((fires(flapping=True),), (A,), 1, Reason.FLAPPING, "a", after=(f"{A}#flapping",)),
    "flapping from the beginning": Case((fires(flapping=True),), reason=Reason.FLAPPING, firing="a",
        after=(f"{A}#flapping",)),
    "flapping, at the moment good": Case((is_over(flapping=True),), (A,), 1, Reason.FLAPPING, "a",
        after=(f"{A}#flapping",)),
    "flapping, at the moment good, never told": Case((is_over(flapping=True),)),
    "flapping goes on": Case((fires(flapping=True, level=Level.CRITICAL, episode=2),), (f"{A}#flapping",), 999,
        after=(f"{A}#flapping",)),
    "flapping ended, firing": Case((fires(),), (f"{A}#flapping",), 1, Reason.REOPENED, "a", after=(A,),
        next_look=IN_2_HOURS),
    "flapping ended, over": Case((is_over(episode=2),), (f"{A}#flapping",), 1, Reason.ALL_RESOLVED, "", "a",
        after=("a#2#high#ended",)),
    # The daily digest of mild ones.
    "mild": Case((mild(),), next_look=DIGEST),
    "mild at the digest": Case((mild(due_at=NOW),), reason=Reason.FIRST, firing="a", after=("a#1#low",),
        next_look=DIGEST),
    "mild along with others": Case((mild(), fires("b")), reason=Reason.FIRST, firing="ab", after=("a#1#low", B),
        next_look=IN_2_HOURS),
    "mild and over": Case((mild(firing=False),), ("a#1#low",), 5, after=("a#1#low",), next_look=DIGEST),
    "mild and now worse": Case((fires(level=Level.MEDIUM),), ("a#1#low",), 1, Reason.SEVERITY_UP, "a",
        after=("a#1#medium",), next_look=IN_2_HOURS),
    # Those who are told when nobody acknowledges.
    "not yet escalated": Case((fires(due_at=IN_4_MINUTES, escalates=True),), next_look=IN_4_MINUTES),
    "escalated": Case((fires(escalates=True), fires("b", due_at=IN_4_MINUTES, escalates=True)), reason=Reason.ESCALATED,
        firing="a", after=(A,), next_look=NOW + timedelta(minutes=5)),
    "acknowledged in time": Case((fires(due_at=None, escalates=True, acked_until=ACKED),), next_look=ACKED),
    "over after it was escalated": Case((is_over(), fires("b", due_at=IN_4_MINUTES, escalates=True)), (A,), 1,
        Reason.ALL_RESOLVED, "", "a", after=(f"{A}#ended",), next_look=IN_4_MINUTES),
    "over before it was escalated": Case((is_over(),)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_channel_is_told_what_it_does_not_know(name: str) -> None:
    case = CASES[name]
    told_at = None if case.minutes is None else ago(minutes=case.minutes)
    found = decide(case.stands, told(*case.told), told_at, NOW)
    assert (found.reason, "".join(found.firing), "".join(found.ended)) == (case.reason, case.firing, case.ended)
    assert found.told == told(*case.after)
    assert found.next_look == case.next_look


def test_what_was_told_is_read_as_it_was_written() -> None:
    entries = told(A, "b#2#low#flapping", "c#3#critical#ended")
    assert read_told(written(entries.values())) == entries
    assert entries["b"] == Told("b", 2, Level.LOW, Mark.FLAPPING)


@dataclass
class Chat:
    """A channel over time, and what its reader believes to be firing."""

    known: dict[str, Told] = field(default_factory=dict)
    told_at: datetime | None = None
    believed: set[str] = field(default_factory=set)

    def look(self, stands: list[Stand], now: datetime) -> datetime | None:
        """One look; a second at the same moment tells nothing more."""
        decision = decide(stands, self.known, self.told_at, now)
        if decision.reason:
            assert decision.firing or decision.ended
            assert set(decision.ended) <= self.believed
            self.believed = (self.believed | set(decision.firing)) - set(decision.ended)
            self.told_at = now
        self.known = decision.told
        assert decide(stands, self.known, self.told_at, now).reason is None
        return decision.next_look


LIVES = some.lists(
    some.fixed_dictionaries(
        {
            "firing": some.booleans(),
            "level": some.sampled_from(Level),
            "muted": some.booleans(),
            "flapping": some.booleans(),
            "acked": some.booleans(),
        }
    ),
    min_size=3,
    max_size=3,
)


@given(some.lists(some.tuples(LIVES, some.integers(0, 600)), max_size=12))
def test_in_the_end_the_reader_believes_what_is_so(steps: list[tuple[list[dict[str, object]], int]]) -> None:
    chat, now, episodes, fired = Chat(), NOW, [0, 0, 0], [False, False, False]
    for lives, minutes in steps:
        now += timedelta(minutes=minutes)
        stands = []
        for number, life in enumerate(lives):
            episodes[number] += bool(life["firing"]) and not fired[number]
            fired[number] = bool(life["firing"])
            acked = now + HOUR if life["acked"] and life["firing"] else None
            how = {name: life[name] for name in ("firing", "level", "muted", "flapping")}
            over = {} if life["firing"] else {"resolved_at": now}
            stands.append(fires("abc"[number], episodes[number], due_at=now, acked_until=acked, **over, **how))  # type: ignore[arg-type]
        chat.look(stands, now)
    live = {"abc"[number] for number in range(3) if fired[number]}
    calm = [
        fires(each, episodes["abc".index(each)], firing=each in live, resolved_at=now, due_at=now) for each in "abc"
    ]
    now += timedelta(minutes=1)
    for _ in range(3):
        next_look = chat.look(calm, now)
        assert next_look is None or next_look > now
        now = next_look or now
    assert chat.believed == live
