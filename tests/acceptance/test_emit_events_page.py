"""docs/howto/emit-events.md: its Python runs from the first block to the last, as a reader would type it in."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from consistency.database import connect, transaction
from consistency.event_checks import event_of_object
from consistency.ledger.events import find_events
from tests.acceptance.launching import ROOT
from tests.acceptance.typing_in import Outside, blocks_of, execute, outside
from tests.factories.own_tables import make_own_tables

PAGE = ROOT / "docs" / "howto" / "emit-events.md"
BLOCKS = blocks_of(PAGE)
GIVEN = "db_manager = 'sqlite:///local.sqlite3'"
AFTERWARDS = """
monitor.emit_event(EventType.STORAGE_WARNING, EventLevel.CRITICAL, "the disk is full")
assert monitor.flush(30)
assert monitor.counts.callbacks_failed == 0
"""


@pytest.fixture
def world() -> Iterator[Outside]:
    with outside() as found:
        yield found


def test_every_block_of_the_page_runs(tmp_path: Path, world: Outside) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'local.sqlite3'}")
    make_own_tables(engine)
    addresses = {
        "https://hooks.example.com/datasync": world.webhook_url,
        "https://open.feishu.cn/open-apis/bot/v2/hook/YOUR_KEY": world.chats.url("feishu"),
    }
    blocks = BLOCKS
    for address, here in addresses.items():
        assert any(address in block for block in blocks)
        blocks = [block.replace(address, here) for block in blocks]
    done = execute([GIVEN, *blocks, AFTERWARDS], tmp_path, {})
    assert (done.code, done.err) == (0, "")
    for said in ("status: healthy", "succeeded 2 times in 24 hours", "deleted 0 records in 7 days", "0 are lost"):
        assert said in done.out
    assert "did you mean sync_success?" in done.out
    assert "the disk is full" in world.texts()[-1]
    assert world.posted[-1]["message"] == "the disk is full"
    with transaction(engine) as connection:
        stored = find_events(connection)
    assert Counter(each.event.event_type for each in stored) == {
        "table_skipped": 1,
        "sync_start": 1,
        "sync_success": 2,
        "service_status": 2,
        "storage_warning": 1,
    }


def test_the_events_that_the_page_shows_are_events() -> None:
    shown = next(block for block in BLOCKS if block.startswith("{"))
    assert event_of_object(eval(shown)).message == "1000 records are synchronised"
    posted = re.search(r"-d '(\{.*?\})'\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert posted is not None
    assert event_of_object(json.loads(posted[1])).id == "night-2025-08-29"
