"""Works on a repair, or takes it back, and kills or freezes itself before the statement number `dies_at` of
those with `before` in them."""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from sqlalchemy import event

from compensation.engine import work
from compensation.undo import rolling_back
from consistency.database import connect
from consistency.resources import Resources
from consistency.settings import Settings
from tests.factories.studio import Shelf, Studio


def main() -> None:
    order = json.loads(sys.argv[1])
    engine = connect(order["database_url"])
    resources = Resources(Settings(provider_rate=0, check_links=False), engine, engine, engine)
    studio = Studio(resources, Shelf(outputs_each=2))
    rule = resources.rule("task-outputs")
    statements = count(1)

    @event.listens_for(engine, "before_cursor_execute")
    def die(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if order.get("before", "") in statement and next(statements) == order["dies_at"]:
            os.kill(os.getpid(), signal.Signals[order.get("signal", "SIGKILL")])

    if order["job"] == "work":
        work(studio.bench(), order["run_id"])
    else:
        rolling_back.begin(resources, order["run_id"], "ann")
        rolling_back.roll_back(resources, rule, order["run_id"])


main()
