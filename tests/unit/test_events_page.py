"""docs/reference/events.md names all that the code of events has, and nothing that it has not."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from consistency import event_numbers
from consistency.events import KEYS, OWN_TYPES, TOLD_AS, EventLevel, EventType
from consistency.ledger.pulses import PROMISE, STOPPED, Life
from consistency.model import Health
from monitoring.answers.memory import MemoryAnswers
from monitoring.emitting.tally import Counts
from monitoring.emitting.tracked import KINDS
from monitoring.monitor_interface import MonitorInterface

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "events.md"
TEXT = PAGE.read_text(encoding="utf-8")
KNOWN = MemoryAnswers(list)


def chapter(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_cells(title: str) -> list[str]:
    """What stands in backquotes in the first column of a chapter's tables, in order."""
    cells = [line.split("|")[1] for line in chapter(title).splitlines() if line.startswith("|")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_keys_stand_in_their_order() -> None:
    assert first_cells("Keys") == list(KEYS)


def test_every_type_has_its_meaning() -> None:
    types = first_cells("Types")
    assert types[: len(EventType)] == list(EventType)
    assert sorted(types[len(EventType) :]) == sorted(OWN_TYPES)


def test_the_levels_say_what_people_read() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|$", chapter("Levels"), re.MULTILINE)
    assert rows == [(str(level), str(TOLD_AS[level])) for level in EventLevel]


def test_the_names_that_are_read_stand_in_their_order() -> None:
    rows = [line for line in chapter("What is read out of details and metrics").splitlines() if line.startswith("|")]
    named = [re.findall(r"`([^`]+)`", row.split("|")[2]) for row in rows[2:]]
    assert named[0] == list(event_numbers.OPERATION_KEYS)
    assert named[1] == list(event_numbers.SECONDS_KEYS)
    assert named[2] == list(event_numbers.RECORDS_KEYS)
    assert {PROMISE, STOPPED} <= set(named[3])


def test_every_method_of_the_interface_is_there() -> None:
    inner = {"lead", "begin_anew"}
    public = {name for name in dir(MonitorInterface) if name[0] != "_"} - inner
    told = {name.partition("(")[0] for name in first_cells("The interface")}
    assert told == public | {field.name for field in fields(Counts)}
    assert {f"`{kind}`" for kind in KINDS} <= set(re.findall(r"`\w+`", chapter("The interface")))


@pytest.mark.parametrize("numbers", [KNOWN.sync_metrics(24), KNOWN.cleanup_metrics(7), KNOWN.migration_metrics(7)])
def test_every_number_has_its_meaning(numbers: dict[str, object]) -> None:
    text = chapter("The numbers")
    # Counts of cleanups and migrations are named after those of synchronisations.
    names = [re.sub(r"^(cleanup|migration)_(?=\w+_count)", "sync_", name) for name in numbers]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_status_is_explained_in_its_order() -> None:
    assert first_cells("The status") == list(KNOWN.comprehensive_status())
    assert {f"`{word}`" for word in (*Health, *Life)} <= set(re.findall(r"`\w+`", chapter("The status")))
