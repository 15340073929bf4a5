"""An application to look at: two weeks of tasks, of which a new version has lost some for three hours."""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from consistency.database import transaction
from consistency.ledger.alert_tables import alerts
from consistency.mapping import DEFAULT_RULE, rule_hash
from consistency.resources import Resources
from consistency.settings import Settings
from tests.acceptance.launching import eventually
from tests.acceptance.served import BASE, Served
from tests.acceptance.stage import Stage, beating, stage
from tests.factories.default_app import AppTask
from tests.factories.fortnight import Fortnight
from tests.factories.reports import report_of
from tests.servers.databases import fresh_database
from tests.servers.postgres import postgres
from tests.servers.redis import redis_server
from tests.servers.runninghub_process import runninghub_process

DAYS, BROKEN_FOR = 14, timedelta(hours=3)
HOUR, QUARTER, GRACE = timedelta(hours=1), timedelta(minutes=15), timedelta(minutes=10)
WORKFLOWS = ("txt2img", "img2img", "img2video")
EVENTS = (
    ("sync_start", "info", "datasync", "nightly copy of the users begins"),
    ("sync_success", "info", "datasync", "12,480 records in 41 s"),
    ("cleanup_success", "info", "housekeeping", "312 old previews deleted"),
    ("sync_failure", "error", "datasync", "the remote database does not answer"),
)


@contextmanager
def exhibition(folder: Path) -> Iterator[Stage]:
    """The product over that application, with what it has seen and who has been told."""
    now = datetime.now(UTC)
    rows = list(_tasks(now))
    with (
        runninghub_process() as hub,
        postgres() as server,
        fresh_database(server, 0) as url,
        redis_server() as redis,
    ):
        settings = {
            "RUNNINGHUB_BASE_URL": hub.url,
            "RUNNINGHUB_API_KEY": hub.key,
            "RECONCILERY_CHECK_LINKS": "false",
            "RECONCILERY_CHANNELS": '{"desk": {"kind": "console"}}',
            "RECONCILERY_SERVICE": "studio",
        }
        with stage(folder, url, f"{redis}/0", rows, **settings) as found, beating(found.place):
            _look_back(found, rows, now)
            _look(found.server)
            _fire_since(found, now - BROKEN_FOR + 2 * QUARTER)
            yield found


def _tasks(now: datetime) -> Iterator[AppTask]:
    """Many by day, few by night; since the new version most videos are lost, before that hardly anything."""
    dice, done, number = random.Random(7), now - timedelta(days=DAYS), 1000
    while (done := done + timedelta(seconds=dice.expovariate(_a_second(now - done)))) < now:
        number += 1
        workflow = dice.choices(WORKFLOWS, (5, 3, 2))[0]
        is_broken = workflow == "img2video" and done > now - BROKEN_FOR
        is_lost = dice.random() < (0.8 if is_broken else 0.004)
        yield AppTask(number, done, not is_lost, provider_task_id=f"18{number:07}", workflow=workflow)


def _a_second(before: timedelta) -> float:
    """How many tasks end, so long before a busy time of the day."""
    return (90 + 60 * math.cos(before / timedelta(days=1) * 2 * math.pi)) / 3600


def _look_back(found: Stage, rows: Sequence[AppTask], now: datetime) -> None:
    """The quick checks of the last days as they would have been, but for a night when nobody looked."""
    past = Fortnight(Resources(Settings(), found.engine, found.engine, found.engine))
    moments = [now - number * QUARTER for number in range(1, DAYS * 96)]
    seen = [at for at in moments if not timedelta(hours=14) < now - at < timedelta(hours=15)]
    past.keep(*(_seen(rows, at) for at in seen))


def _seen(rows: Sequence[AppTask], at: datetime) -> dict[str, object]:
    window = [row for row in rows if at - HOUR <= row.done < at - GRACE]
    missing = sum(not row.has_output for row in window)
    spent = {"query_seconds": 0.02, "statements": {"tasks": {"slowest": 0.01}}}
    known: dict[str, Any] = {
        "rule_hash": rule_hash(DEFAULT_RULE),
        "database": spent,
        "check_id": f"quick-{at:%m%d%H%M}",
    }
    return report_of(missing, len(window), "quick", at, **known)


def _look(server: Served) -> None:
    """A check of each kind, some events, and the alerts that come of it."""
    for kind, level, service, message in EVENTS:
        server.post(f"{BASE}/events", {"event_type": kind, "level": level, "service": service, "message": message})
    # What is not grave is told when it has been seen twice.
    for kind in ("deep", "full", "quick", "quick"):
        server.post(f"{BASE}/data-consistency/check?wait=60", {"type": kind})
    eventually(lambda: server.health()["beat"] == "healthy")
    eventually(lambda: any(alert["deliveries"] for alert in _alerts(server)))


def _fire_since(found: Stage, moment: datetime) -> None:
    """As if each of the quick checks had been the product's own."""
    seen = (datetime.now(UTC) - moment) // QUARTER
    with transaction(found.engine) as connection:
        connection.execute(update(alerts).values(starts_at=moment, seen=seen))


def _alerts(server: Served) -> list[dict[str, object]]:
    return [
        server.get(f"{BASE}/alerts/{alert['id']}").json() for alert in server.get(f"{BASE}/alerts").json()["alerts"]
    ]
