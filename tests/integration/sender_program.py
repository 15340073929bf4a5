"""One of several senders: delivers until nothing is left to be told it, or takes grants of one bot's limits."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import redis

from consistency.database import connect
from consistency.latest import connect as connect_redis
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.shared import Shared
from notifiers.channels.channel import RateWindow
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.post import Post
from notifiers.deliveries.sending_round import deliver_due
from tests.factories.posting import Exchange, Line


def take_grants(order: dict[str, Any]) -> None:
    """Takes grants until all have `total`; keeps between which two moments of the server each was given."""
    windows = tuple(RateWindow(calls, seconds) for calls, seconds in order["windows"])
    line = Line("http://127.0.0.1:1/", windows=windows)
    with connect_redis(Settings(redis_url=order["redis_url"])) as client:
        limiter = Limiter(Shared(client), "test:")
        while client.llen("grants") < order["total"]:
            before = moment(client)
            if wait := limiter.take(line):
                time.sleep(min(wait, 0.05))
            else:
                client.rpush("grants", json.dumps([before, moment(client)]))


def moment(client: redis.Redis) -> float:
    """The server's time in seconds."""
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1_000_000


def send(order: dict[str, Any]) -> None:
    """Delivers what is due until it is killed; leases end soon, so that what it held is not waited for."""
    windows = tuple(RateWindow(calls, seconds) for calls, seconds in order["windows"])
    lines = {f"line-{at}": Line(f"{order['url']}/line-{at}", windows=windows, limit_key=str(at)) for at in range(3)}
    engine = connect(order["database_url"])
    settings = Settings(database_url=order["database_url"], redis_url=order["redis_url"])
    resources = Resources(settings, engine, engine, engine)
    exchange = Hasty(lines, {})
    with connect_redis(settings) as client:
        post = Post(resources, exchange, Limiter(Shared(client), "test:"), "mortal", 0.2, timedelta(seconds=1))
        while True:
            deliver_due(post, 100)
            time.sleep(0.05)


class Hasty(Exchange):
    """Channels that answer within a second."""

    timeout = timedelta(seconds=1)


PARTS = {"take_grants": take_grants, "send": send}


def main() -> None:
    order = json.loads(sys.argv[1])
    PARTS[order["part"]](order)


main()
