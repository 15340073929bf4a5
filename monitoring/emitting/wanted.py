"""Which events a callback is told of."""

from collections.abc import Collection
from dataclasses import dataclass

from consistency.event_checks import check_level
from consistency.events import EventLevel

_LEVELS = tuple(str(each) for each in EventLevel)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a callback is told of; None stands for all."""

    types: frozenset[str] | None = None
    levels: frozenset[str] | None = None

    @classmethod
    def of(cls, types: Collection[str] | None, levels: Collection[str] | None, min_level: str | None) -> "Wanted":
        """From what a program gives, whose types are checked already; BadEvent for a level that is none."""
        chosen = None if levels is None else frozenset(map(check_level, _listed(levels)))
        if min_level is not None:
            above = frozenset(_LEVELS[_LEVELS.index(check_level(min_level)) :])
            chosen = above if chosen is None else chosen & above
        return cls(None if types is None else frozenset(types), chosen)

    def fits(self, event_type: str, level: str) -> bool:
        return (self.types is None or event_type in self.types) and (self.levels is None or level in self.levels)


def _listed(names: Collection[str]) -> Collection[str]:
    return (names,) if isinstance(names, str) else names
