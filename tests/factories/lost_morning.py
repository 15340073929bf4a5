"""An incident that has lasted for hours: every kind of check has found it, and people were told of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from compensation import control
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.runs import Run
from consistency.database import transaction
from consistency.ledger.delivery_tables import deliveries
from consistency.ledger.repair_events import untold_events
from consistency.model import CheckType
from consistency.settings import Settings
from monitor_tasks import checks
from notifiers.alerts.alert import LIVE, Alert
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.kinds import MISSING_OUTPUTS
from notifiers.messages.message import Message
from notifiers.telling import tell_check, tell_repair
from tests.factories.browsing import Browser, Page
from tests.factories.bulletin import console, route
from tests.factories.default_app import AppTask
from tests.factories.front_door import NOBODY
from tests.factories.studio import Studio, studio_of
from tests.servers.api import answering

KINDS = (CheckType.QUICK, CheckType.FULL, CheckType.DEEP)
#: Of so many tasks in the last hour, and of so many before, the first ones lack their output.
LATELY, LOST_LATELY = 40, 30
BEFORE, LOST_BEFORE = 100, 60


@dataclass(frozen=True)
class LostMorning:
    """The application, and a browser on the page over it."""

    studio: Studio
    browser: Browser

    def check(self, *kinds: CheckType) -> None:
        """Checks of these kinds, and people are told what they found."""
        for kind in kinds:
            run, _ = checks.start(self.studio.resources, kind, "task-outputs")
            tell_check(self.studio.resources, checks.work(self.studio.resources, run.id).id)

    def plan(self) -> Run:
        """What a worker plans for the button of the overview."""
        form = repair_form(self.browser.see("/"))
        order = RepairOrder(
            rule_id=form["rule"], start=form["start_date"], end=form.get("end_date"), dry_run=True, actor="ann"
        )
        run, _ = open_repair(self.studio.resources, order)
        return make_plan(self.studio.bench(), run.id, "ann")

    def apply(self, run: Run) -> None:
        """The plan is carried out, and people are told of it."""
        control.start(self.studio.resources, run.id, "ann", approved=True)
        work(self.studio.bench(), run.id)
        with transaction(self.studio.resources.primary) as connection:
            events = untold_events(connection, run.id)
        for event in events:
            tell_repair(self.studio.resources, event.id)

    def open_alerts(self) -> list[Alert]:
        """Those of missing outputs."""
        with transaction(self.studio.resources.store) as connection:
            return [alert for alert in find_alerts(connection, LIVE) if alert.kind == MISSING_OUTPUTS]

    def messages(self) -> list[Message]:
        chosen = select(deliveries.c.message).order_by(deliveries.c.created_at, deliveries.c.seq)
        return [Message.model_validate_json(row.message) for row in self.studio.read(chosen)]


def repair_form(page: Page) -> dict[str, str]:
    """The fields of the form that plans a repair."""
    wanted = {"rule", "start_date", "end_date"}
    fields = [attributes for tag, attributes in page.elements if tag == "input"]
    return {each["name"]: each["value"] for each in fields if each.get("name") in wanted}


def _tasks(lost_lately: int) -> list[AppTask]:
    now = datetime.now(UTC)
    lately = [(now - timedelta(minutes=15, seconds=60 * each), each >= lost_lately) for each in range(LATELY)]
    before = [(now - timedelta(hours=2, seconds=30 * each), each >= LOST_BEFORE) for each in range(BEFORE)]
    return [
        AppTask(each, done, has_output, provider_task_id=f"p-{each}")
        for each, (done, has_output) in enumerate(lately + before, 1)
    ]


@contextmanager
def lost_morning(engine: Engine, lost_lately: int = LOST_LATELY) -> Iterator[LostMorning]:
    """Nothing was checked yet."""
    settings: dict[str, Any] = {"channels": {"chat": console()}, "routes": [route("all", "chat", group_interval="0s")]}
    known = {"database_url": engine.url.render_as_string(hide_password=False), "redis_url": NOBODY, "api_rate": 0}
    studio = studio_of(engine, _tasks(lost_lately), **settings)
    with answering(Settings.model_validate({**known, "runninghub_api_key": "key", **settings})) as api:
        yield LostMorning(studio, Browser(api))
