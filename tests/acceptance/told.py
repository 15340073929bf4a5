"""What people were told of a repair, as it stands in the log that they follow."""

import json

from tests.acceptance.house import House
from tests.acceptance.launching import eventually


def told(place: House, run_id: str) -> list[str]:
    """What was told of a run, in order."""
    lines = (place.folder / "logs" / "monitoring.log").read_text().splitlines()
    found = [json.loads(line) for line in lines if '"repair.told"' in line]
    return [line["what"] for line in found if line["run_id"] == run_id]


def told_all(place: House, run_id: str, *expected: str) -> list[str]:
    """The same, once everything was told that is expected."""
    return eventually(lambda: said if set(expected) <= set(said := told(place, run_id)) else [])
