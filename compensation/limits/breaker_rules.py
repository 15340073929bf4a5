"""When a provider counts as ill, for how long it is then left alone, and when it counts as well again. Plain Python."""

from dataclasses import dataclass, replace

WELL, ILL = "s", "f"


@dataclass(frozen=True, slots=True)
class BreakerTimes:
    """The breaker's numbers; durations in seconds."""

    in_a_row: int = 5
    window: int = 20
    share: float = 0.5
    first: float = 30.0
    longest: float = 600.0
    jitter: float = 0.2
    wins: int = 3


@dataclass(frozen=True, slots=True)
class Health:
    """What is remembered: the latest answers, oldest first, how often it opened in a row, until when (0: closed)."""

    recent: str = ""
    openings: int = 0
    until: float = 0.0
    wins: int = 0

    def is_open(self, now: float) -> bool:
        """Nobody may ask."""
        return now < self.until

    def is_half_open(self, now: float) -> bool:
        """One may ask at a time."""
        return 0 < self.until <= now


def after_answer(health: Health, times: BreakerTimes, now: float, luck: float, *, ill: bool, probe: bool) -> Health:
    """What is remembered after an answer; `luck` from 0 to 1 spreads how long it stays open."""
    if health.until:
        # An answer to a question from before it opened says nothing new.
        return _after_probe(health, times, now, luck, ill=ill) if probe and health.is_half_open(now) else health
    recent = (health.recent + (ILL if ill else WELL))[-times.window :]
    seen = replace(health, recent=recent)
    return _opened(seen, times, now, luck) if ill and must_open(recent, times) else seen


def must_open(recent: str, times: BreakerTimes) -> bool:
    """Whether the latest answers are bad enough: too many failures in a row, or too many of a whole window."""
    if recent.endswith(ILL * times.in_a_row):
        return True
    return len(recent) >= times.window and recent.count(ILL) > times.share * len(recent)


def open_seconds(openings: int, times: BreakerTimes, luck: float) -> float:
    """How long it stays open when it has opened `openings` times before without closing."""
    doubled = times.first * 2.0 ** min(openings, 30)
    return min(doubled, times.longest) * (1 + times.jitter * (2 * luck - 1))


def _opened(health: Health, times: BreakerTimes, now: float, luck: float) -> Health:
    return Health(openings=health.openings + 1, until=now + open_seconds(health.openings, times, luck))


def _after_probe(health: Health, times: BreakerTimes, now: float, luck: float, *, ill: bool) -> Health:
    if ill:
        return _opened(health, times, now, luck)
    return Health() if health.wins + 1 >= times.wins else replace(health, wins=health.wins + 1)
