"""Tells an event of a repair, and kills itself before its commit number `dies_at`, whichever database that is in."""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from sqlalchemy import Connection, event

from consistency.database import connect
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.telling import tell_repair


def main() -> None:
    order = json.loads(sys.argv[1])
    primary, store = connect(order["database_url"]), connect(order["store_url"])
    commits = count(1)

    def die(_: Connection) -> None:
        if next(commits) == order["dies_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    for engine in (primary, store):
        event.listen(engine, "commit", die)
    settings = Settings(channels={"chat": {"kind": "console"}, "mail": {"kind": "console"}})
    tell_repair(Resources(settings, primary, primary, store), order["event_id"])


main()
