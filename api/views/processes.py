"""Which workers and beats live, on whatever machine."""

from collections.abc import Sequence
from typing import Any

import redis

from consistency.heartbeats import heartbeat_age
from consistency.latest import connect
from consistency.settings import Settings
from consistency.shared import Shared
from consistency.signs_of_life import Sign, read_signs

KINDS = ("worker", "beat")
ALIVE_SECONDS = 60.0
_ANSWER_SECONDS = 1.0
#: Whoever has been silent for longer is not named any more, unless no other of its kind has been seen since.
_NAMED_SECONDS = 600.0

Record = dict[str, Any]


def ask_signs(shared: Shared, settings: Settings) -> list[Sign] | None:
    """The signs of all machines; None when Redis does not answer within its second."""
    return shared.ask(lambda client: read_signs(client, settings.key_prefix), lambda: None)


def find_signs(settings: Settings) -> list[Sign] | None:
    """The same for a process that asks but once."""
    with connect(settings, _ANSWER_SECONDS) as client:
        try:
            return read_signs(client, settings.key_prefix)
        except (redis.RedisError, OSError):
            return None


def processes_of(settings: Settings, signs: Sequence[Sign] | None) -> dict[str, Record]:
    """Of workers and beats: how old the latest sign of life is, whether any lives, and who they are.

    Without an answer of Redis (None) it is the processes of this machine that are told of, by their files.
    """
    return {kind: _of_kind(settings, kind, signs or ()) for kind in KINDS}


def _of_kind(settings: Settings, kind: str, signs: Sequence[Sign]) -> Record:
    of_kind = [sign for sign in signs if sign.kind == kind]
    here = heartbeat_age(settings.log_dir, kind)
    ages = [sign.age_seconds for sign in of_kind] + ([] if here is None else [round(here, 1)])
    age = min(ages, default=None)
    named = [sign for number, sign in enumerate(of_kind) if not number or sign.age_seconds <= _NAMED_SECONDS]
    known = [{"name": each.name, "age_seconds": each.age_seconds, "alive": _lives(each.age_seconds)} for each in named]
    return {"age_seconds": age, "alive": _lives(age), "known": known}


def _lives(age: float | None) -> bool:
    return age is not None and age <= ALIVE_SECONDS
