"""Events as lines of a CSV file."""

import csv
import json
from collections.abc import Iterable
from typing import Any, TextIO

from api.views.csv_cells import csv_cell
from cli.events.told import event_object
from consistency.events import KEYS
from consistency.ledger.events import StoredEvent

COLUMNS = ("id", *KEYS, "received_at")


def write_csv(out: TextIO, found: Iterable[StoredEvent]) -> int:
    """A header and one line an event, details and metrics as JSON; returns how many events."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    number = 0
    for stored in found:
        event = event_object(stored)
        writer.writerow([_cell(event.get(name)) for name in COLUMNS])
        number += 1
    return number


def _cell(value: Any) -> Any:
    return csv_cell(json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value)
