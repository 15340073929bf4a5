"""One of several sweepers: takes in, decides, sends and files all that is to be, again and again until it is killed."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from consistency.database import connect
from consistency.latest import connect as connect_redis
from consistency.resources import Resources
from consistency.shared import Shared
from notifiers.channels.choosing import Channels
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.post import Post
from notifiers.deliveries.sending_round import deliver_due
from notifiers.sweeping import sweep_all
from tests.factories.bulletin import settings_with


def main() -> None:
    order = json.loads(sys.argv[1])
    engine = connect(order["database_url"])
    resources = Resources(settings_with(**order["settings"]), engine, engine, engine)
    with connect_redis(resources.settings) as client:
        limiter = Limiter(Shared(client), "test:")
        # Leases that end soon, so that what the dead have held is not waited for.
        post = Post(resources, Channels(resources.settings), limiter, "mortal", 0.2, timedelta(seconds=1))
        while True:
            sweep_all(resources)
            deliver_due(post, 100)
            time.sleep(0.01)


main()
