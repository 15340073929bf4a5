"""The code that users of the event interface have written before: each block as it stands, addresses apart."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from consistency.database import connect, transaction
from consistency.event_checks import event_of_object
from consistency.events import KEYS
from consistency.ledger.events import StoredEvent, find_events
from tests.acceptance.command_line import Ended
from tests.acceptance.typing_in import Outside, blocks_of, execute, outside
from tests.factories.own_tables import make_own_tables

BLOCKS = blocks_of(Path(__file__).with_name("interface_blocks.txt"))
EVENT = ast.literal_eval(BLOCKS[-1].strip())
#: What the blocks take for granted: callbacks, and the managers of a synchroniser.
GIVEN = """
from pathlib import Path
from cleanup_manager import CleanupManager
from config import Config
from databases import DatabaseManager
from migration_manager import MigrationManager
from monitor_webhook_example import console_callback, email_callback, feishu_callback, prometheus_callback
from sync_manager import SyncManager

config = Config(Path("remote.sqlite3"), Path("local.sqlite3"))
db_manager = DatabaseManager(config)
"""
#: Then everybody who was registered hears of one more event.
AFTERWARDS = """
monitor.register_callback(feishu_bot_callback)
monitor.emit_event(EventType.SYNC_FAILURE, EventLevel.ERROR, "远程数据库无响应")
assert monitor.flush(30)
assert not monitor.counts.callbacks_failed
"""


@pytest.fixture
def world() -> Iterator[Outside]:
    with outside() as found:
        yield found


@pytest.fixture(params=["by its settings", "by its database manager"])
def typed_in(request: pytest.FixtureRequest, tmp_path: Path, world: Outside) -> Ended:
    """All blocks in their order; the service finds the own tables in one way or the other."""
    url = f"sqlite:///{tmp_path / 'local.sqlite3'}"
    make_own_tables(connect(url))
    settings = {"RECONCILERY_DATABASE_URL": url} if request.param == "by its settings" else {}
    return execute([GIVEN, *local(BLOCKS, world), AFTERWARDS], tmp_path, {**settings, **world.settings()})


def local(blocks: Sequence[str], world: Outside) -> list[str]:
    """The blocks with addresses of this machine."""
    addresses = {
        "https://your-webhook-url.com/hook": world.webhook_url,
        "https://open.feishu.cn/open-apis/bot/v2/hook/YOUR_KEY": world.chats.url("feishu"),
    }
    found = list(blocks)
    for address, here in addresses.items():
        assert any(address in block for block in found)
        found = [block.replace(address, here) for block in found]
    return found


def stored(folder: Path) -> list[StoredEvent]:
    engine = connect(f"sqlite:///{folder / 'local.sqlite3'}")
    with transaction(engine) as connection:
        return find_events(connection)


def test_every_block_runs_as_it_stands(typed_in: Ended, tmp_path: Path, world: Outside) -> None:
    assert (typed_in.code, typed_in.err) == (0, "")
    assert "收到事件: sync_success - 数据同步完成" in typed_in.out
    assert "服务状态: healthy" in typed_in.out
    assert "24小时内同步成功次数: 1" in typed_in.out
    assert "7天内删除记录数: 0" in typed_in.out
    failure, success = stored(tmp_path)
    assert (success.event.details, success.event.metrics) == ({"records_synced": 1000}, {"duration_seconds": 30})
    assert (failure.event.event_type, failure.event.service) == ("sync_failure", "datasync")


def test_the_callbacks_of_the_blocks_tell_whom_they_are_written_for(typed_in: Ended, world: Outside) -> None:
    assert typed_in.err == ""
    (posted,) = (each for each in world.posted if each["event_type"] == "sync_failure")
    timestamp = posted.pop("timestamp")
    assert posted == {
        "service": "DataSync",
        "event_type": "sync_failure",
        "level": "error",
        "message": "远程数据库无响应",
        "details": {},
        "metrics": {},
    }
    theirs = r"DataSync通知\n事件: sync_failure\n级别: error\n消息: 远程数据库无响应\n时间: " + timestamp
    ours = f"datasync\nsync_failure (error)\n远程数据库无响应\n{timestamp}"
    assert sorted(world.texts()) == sorted([theirs, ours])
    (mail,) = world.mail.mails
    assert mail.message["Subject"] == "[error] datasync: 远程数据库无响应"


def test_the_event_of_the_last_block_is_one_as_it_stands() -> None:
    event = event_of_object(EVENT)
    assert event.body() == EVENT
    assert list(event.body()) == list(EVENT) == list(KEYS)
