"""The rights that docs/howto/emit-events.md names are enough for a service that stores its events itself, and asks."""

import os
import re
from contextlib import closing

import pytest
from sqlalchemy import Engine

from consistency.database import connect
from consistency.event_checks import event_of_object, seal
from consistency.events import EventLevel, WrittenEvent
from consistency.settings import Settings
from monitoring.answers.ledger import LedgerAnswers
from monitoring.transports.ledger import LedgerTransport
from tests.acceptance.launching import ROOT
from tests.factories.own_tables import make_own_tables
from tests.servers.readers import account_with

SAID = re.compile(r"^Its account needs ([A-Z, and]+) on `(\w+)`, and ([A-Z, and]+) on `(\w+)`\.$", re.MULTILINE)


@pytest.fixture(params=["postgres", "mariadb"])
def admin(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    make_own_tables(engine)
    return engine


def grants(kind: str) -> list[str]:
    """What the page names, as statements."""
    said = SAID.search((ROOT / "docs" / "howto" / "emit-events.md").read_text(encoding="utf-8"))
    assert said is not None
    rights, events, more_rights, pulses = said.groups()
    place = "" if kind == "postgresql" else "{database}."
    named = {events: rights, pulses: more_rights}
    return [f"GRANT {each.replace(' and', ',')} ON {place}{table} TO {{name}}" for table, each in named.items()]


def events() -> list[WrittenEvent]:
    alive = {"heartbeat_seconds": 60, "status": "running", "instance": "a1:1"}
    told = [
        ("sync_start", {}),
        ("sync_success", {}),
        ("service_status", alive),
        ("service_status", {"status": "stopped"}),
    ]
    common = {"level": "info", "service": "datasync", "message": "x"}
    return [seal(event_of_object({"event_type": name, "details": details, **common})) for name, details in told]


def test_the_rights_on_the_page_are_enough(admin: Engine) -> None:
    url = admin.url.render_as_string(hide_password=False)
    with account_with(url, os.getpid(), grants(admin.dialect.name)) as account:
        arrived = events()
        with closing(LedgerTransport(connect(account), EventLevel.WARNING)) as transport:
            transport.probe()
            for _ in range(2):
                assert transport.send(arrived[:3]) == ()
            assert transport.send(arrived) == ()
        with closing(LedgerAnswers(connect(account), Settings())) as answers:
            assert answers.sync_metrics(24)["sync_success_count"] == 1
            assert answers.comprehensive_status()["status"] == "healthy"
