"""One of several processes that ask a provider under shared limits; writes down in Redis what it does."""

import json
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import redis

from compensation.limits.breaker_rules import BreakerTimes
from compensation.limits.budget import Budget
from compensation.limits.gate import GateTimes
from compensation.limits.in_flight import InFlight
from compensation.provider import Answer, Kind
from compensation.supply import Supply
from consistency.latest import connect
from consistency.shared import Shared
from tests.factories.limiting import Scripted, eventually, limits


def take_grants(client: redis.Redis, order: dict[str, Any]) -> None:
    """Takes grants until all have `total`; keeps between which two moments of the server each was given."""
    budget = Budget(Shared(client), "rate", order["rate"], workers=1)
    while client.llen("grants") < order["total"]:
        before = moment(client)
        if wait := budget.take(0.0):
            time.sleep(wait)
        else:
            client.rpush("grants", json.dumps([before, moment(client)]))


def hold_a_place(client: redis.Redis, order: dict[str, Any]) -> None:
    """Takes a place and waits to be killed."""
    place = InFlight(Shared(client), "places", limit=1, lease=order["lease"]).take()
    client.rpush("held", str(place is not None))
    signal.pause()


def fail(client: redis.Redis, order: dict[str, Any]) -> None:
    """Meets an ill provider until it is held."""
    supply = Supply(Scripted([Kind.TRANSIENT]), limits(order["url"]), client)
    while isinstance(supply.fetch("1"), Answer):
        client.incr("asked")


def probe(client: redis.Redis, order: dict[str, Any]) -> None:
    """Asks a provider that is well again until the breaker has closed; writes down when calls begin and end."""

    def meanwhile() -> None:
        client.rpush("events", "begin")
        for _ in range(200):
            client.ping()
        client.rpush("events", "end")

    times = GateTimes(breaker=BreakerTimes(first=order["first"]))
    supply = Supply(Scripted([Kind.FOUND], meanwhile), limits(order["url"]), client, times=times)
    client.incr("ready")
    eventually(lambda: client.get("ready") == str(order["processes"]))
    eventually(lambda: supply.fetch("1") and supply.throttle_reason() is None)


def moment(client: redis.Redis) -> float:
    """The server's time in seconds."""
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1_000_000


PARTS: dict[str, Callable[[redis.Redis, dict[str, Any]], None]] = {
    "take_grants": take_grants,
    "hold_a_place": hold_a_place,
    "fail": fail,
    "probe": probe,
}


def main() -> None:
    order = json.loads(sys.argv[1])
    with connect(limits(order["url"])) as client:
        PARTS[order["part"]](client, order)


main()
