"""What a channel was told of an alert, kept as `fingerprint#episode#level` and, where there is one, `#mark`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from consistency.model import Level


class Mark(StrEnum):
    """What else the channel knows, or we know of what it was told."""

    NONE = ""
    ACKED = "acked"  # somebody had taken it on, so that the channel is reminded when that is over
    FLAPPING = "flapping"  # it goes to and fro, and no more is told until it stops
    ENDED = "ended"  # told to be over; fires it again in the same episode, it has come back


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel believes of one alert."""

    fingerprint: str
    episode: int
    level: Level
    mark: Mark = Mark.NONE

    @property
    def is_firing(self) -> bool:
        return self.mark is not Mark.ENDED

    def marked(self, mark: Mark) -> "Told":
        return replace(self, mark=mark)


def read_told(text: str) -> dict[str, Told]:
    """What was kept as a JSON list, by fingerprint."""
    entries = (_entry(*each.split("#")) for each in json.loads(text))
    return {entry.fingerprint: entry for entry in entries}


def _entry(fingerprint: str, episode: str, level: str, mark: str = "") -> Told:
    return Told(fingerprint, int(episode), Level(level), Mark(mark))


def written(entries: Iterable[Told]) -> str:
    """The JSON list that `read_told` reads."""
    parts = ((each.fingerprint, str(each.episode), each.level, each.mark) for each in entries)
    return json.dumps(sorted("#".join(part for part in each if part) for each in parts))
