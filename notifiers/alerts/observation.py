"""What was seen at one moment of one thing that can be wrong."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from consistency.model import Level


class Sight(StrEnum):
    """What was seen."""

    BAD = "bad"
    GOOD = "good"
    NEUTRAL = "neutral"  # somebody has looked, and there was nothing to judge


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One observation as of `at`, which comes again after `every` (None: nobody is missed).

    It fires after `bad_needed` bad ones in a row and is over after `good_needed` good ones. `verified` holds `run_id`,
    `restored` and `wanted` of a repair after which this was seen; a good one ends the alert at once.
    """

    kind: str
    service: str
    rule: str
    labels: dict[str, str]
    verdict: Sight
    at: datetime
    level: Level | None = None
    summary: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    every: timedelta | None = None
    bad_needed: int = 1
    good_needed: int = 1
    verified: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an observation's moment is aware")
        if self.verdict is Sight.BAD and self.level is None:
            raise ValueError("a bad observation has a level")

    @property
    def fingerprint(self) -> str:
        """The same for everything that is seen of one thing, however bad it is."""
        return fingerprint(self.kind, self.service, self.rule, self.labels)


def fingerprint(kind: str, service: str, rule: str, labels: dict[str, str]) -> str:
    """32 hexadecimal digits that say which thing it is."""
    what = {"kind": kind, "rule": rule, "service": service, "labels": labels}
    canonical = json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()[:32]
