"""One of several processes that see alerts and their ends; all of them are seen at moments that the test chooses."""

import json
import sys
from typing import Any

from sqlalchemy import Engine, func, select

from consistency.database import connect
from consistency.ledger.delivery_tables import notification_log
from consistency.patience import patient
from tests.factories.bulletin import Bulletin, settings_with, wrong
from tests.factories.limiting import eventually


def see(made: Bulletin, order: dict[str, Any]) -> None:
    """Sees its share of the alerts in batches that overlap with those of others, ten seconds long on their clock."""
    numbers = range(order["process"], order["alerts"], order["processes"])
    batches = [numbers[start : start + 10] for start in range(0, len(numbers), 10)]
    for step, batch in enumerate(batches):
        patient(made.see)(10 * step / len(batches), *(wrong("h", number) for number in batch))


def see_ends(made: Bulletin, order: dict[str, Any]) -> None:
    """Sees all alerts end, as each other process does, three times."""
    for turn in range(3):
        for start in range(0, order["alerts"], 100):
            numbers = range(start, min(start + 100, order["alerts"]))
            patient(made.see)(600 + turn, *(wrong("g", number) for number in numbers))


def is_told(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(select(func.count()).select_from(notification_log)))


def main() -> None:
    order = json.loads(sys.argv[1])
    engine = connect(order["url"])
    made = Bulletin(engine, settings_with(**order["settings"]))
    see(made, order)
    eventually(lambda: is_told(engine))
    see_ends(made, order)


main()
