"""A ledger with events of services, and a person who types `reconcilery events`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from cli.main import reconcilery
from consistency.database import transaction
from consistency.event_checks import event_of_object, seal
from consistency.events import EventLevel
from consistency.ledger.events import store_events
from tests.factories.own_tables import make_own_tables


def work_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, whose settings name no database yet."""
    values = {"LOG_DIR": str(folder / "logs"), "REDIS_URL": "redis://127.0.0.1:1/0", "TIMEZONE": "Asia/Shanghai"}
    for name, value in values.items():
        monkeypatch.setenv(f"RECONCILERY_{name}", value)
    monkeypatch.chdir(folder)
    return folder


def own_tables_of(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The database with the own tables in it, which the settings name from now on."""
    make_own_tables(engine)
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    return engine


def keep(engine: Engine, *found: dict[str, Any], received: datetime | None = None) -> None:
    """Events that happened so many `minutes` ago, as the ledger has them; they come in now, unless said."""
    written, now = [], datetime.now(UTC)
    for number, each in enumerate(found):
        minutes = each.pop("minutes", 1)
        event = {"id": f"evt-{number}", "event_type": "sync_success", "level": "info", "service": "datasync"}
        timestamp = (now - timedelta(minutes=minutes)).isoformat()
        event |= {"message": f"message {number}", "timestamp": timestamp, **each}
        written.append(seal(event_of_object(event, {"disk_swapped"})))
    with transaction(engine) as connection:
        store_events(connection, written, received or now, EventLevel.WARNING)


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(reconcilery, ("events", *arguments), prog_name="reconcilery", input=stdin)
    assert "unexpected" not in result.stderr
    return result.exit_code, result.stdout, result.stderr
