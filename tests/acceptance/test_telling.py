"""Real workers tell a real incident and its end: each message once, signed, also when the broker is gone."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from compensation.states import RunState
from consistency.database import transaction
from notifiers.deliveries.listing import latest_deliveries
from notifiers.deliveries.outbox import Delivery
from tests.acceptance.command_line import Place
from tests.acceptance.house import PREFIX, QUEUES, kill
from tests.acceptance.launching import eventually
from tests.acceptance.workshop import NODES, Workshop, workshop
from tests.servers.redis import redis_server as private_redis_server
from tests.servers.runninghub_process import runninghub_process
from tests.servers.webhooks import Received, WebhookReceiver, receiving

TASKS = 24
KEY = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
NOTIFY = "reconcilery.notify"
OTHERS = ",".join(name for name in QUEUES if name != NOTIFY)


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with receiving(KEY) as receiver:
        yield receiver


def opened(stack: ExitStack, folder: Path, urls: tuple[str, str], hook: WebhookReceiver) -> Workshop:
    """A workshop that has lost everything, and that tells it to the webhook and to the log."""
    channels = {"hook": {"kind": "webhook", "url": hook.url, "secret": KEY, "inner": True}, "log": {"kind": "console"}}
    settings = {"RECONCILERY_CHANNELS": json.dumps(channels), "RECONCILERY_TELL_EVERY": "1s"}
    hub = stack.enter_context(runninghub_process(nodes=NODES))
    return stack.enter_context(workshop(folder, *urls, hub, TASKS, **settings))


def worker_for(place: Workshop, queues: str) -> Any:
    """A worker that has begun to look at these queues."""
    before = place.words().count(" ready.")
    process = place.start(
        "worker", "--concurrency=1", "--loglevel=INFO", f"--queues={queues}", f"--hostname={queues}@h"
    )
    eventually(lambda: place.words().count(" ready.") > before)
    return process


def messages(place: Workshop) -> list[Delivery]:
    with transaction(place.engine.execution_options(readonly=True)) as connection:
        return latest_deliveries(connection, limit=100)


def all_sent(place: Workshop, number: int) -> list[Delivery]:
    """Every message of the ledger, once so many were sent and none is left."""

    def look() -> list[Delivery]:
        found = messages(place)
        return found if len(found) >= number and all(each.state == "sent" for each in found) else []

    return eventually(look)


def on_queue(redis_url: str, queue: str) -> list[dict[str, Any]]:
    """The headers of the tasks that wait there."""
    with redis.Redis.from_url(redis_url) as raw:
        return [json.loads(entry)["headers"] for entry in raw.lrange(f"{PREFIX}{queue}", 0, -1)]


def told_once(hook: WebhookReceiver) -> list[Received]:
    """What was taken; everything that came was signed, and nothing came twice."""
    assert len(hook.seen) == len(hook.received) == len(hook.events())
    return hook.received


def repair(place: Workshop, event: dict[str, Any]) -> str:
    """Have done what the event says is the next command; the run's id."""
    typed = event["details"]["alerts"][0]["command"].split()
    flags = dict(zip(typed[3::2], typed[4::2], strict=True))
    asked = {"start_date": flags["--start-date"], "end_date": flags["--end-date"]}
    run_id = str(place.ended(place.publish("compensate", **asked)).result["run_id"])
    assert place.ended_run(run_id).state is RunState.SUCCEEDED
    return run_id


def test_an_incident_and_its_end_are_told_once_each_in_one_thread(
    sqlite_url: str, redis_url: str, hook: WebhookReceiver, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        place = opened(stack, tmp_path, (sqlite_url, redis_url), hook)
        place.worker()
        place.beat()
        place.ended(place.call("deep_check"))
        all_sent(place, 2)
        (first,) = told_once(hook)
        assert (first.event["event_type"], first.event["level"]) == ("health_check", "critical")
        assert f"{TASKS} of {TASKS} tasks have no output" in first.event["message"]
        run_id = repair(place, first.event)
        sent = all_sent(place, 5)
        _, *later = told_once(hook)
        ends = {received.event["event_type"]: received for received in later}
        assert set(ends) == {"health_check", "repair_succeeded"}
        end = ends["health_check"]
        assert (end.event["level"], end.event["message"].partition(":")[0]) == ("info", "Resolved")
        assert end.event["details"]["thread"] == first.event["details"]["thread"]
        said = json.dumps(end.event["details"])
        assert run_id in said
        assert f'"restored": {TASKS}' in said
        assert end.request.headers["ce-subject"] == first.request.headers["ce-subject"]
        assert len({each.group_key for each in sent}) == 1
        # Whatever is asked again later finds nothing more to tell.
        for _ in range(2):
            place.ended(place.client.send_task("notifiers.sweep", queue=NOTIFY, ignore_result=False))
        assert len(messages(place)) == len(sent)
        told_once(hook)


def test_each_message_is_a_task_of_its_own_on_the_queue_of_notifications(
    sqlite_url: str, redis_url: str, hook: WebhookReceiver, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        place = opened(stack, tmp_path, (sqlite_url, redis_url), hook)
        worker_for(place, OTHERS)
        place.ended(place.call("deep_check"))
        (asked,) = eventually(lambda: on_queue(redis_url, NOTIFY))
        assert asked["task"] == "notifiers.notify"
        assert (messages(place), hook.seen) == ([], [])
        worker_for(place, NOTIFY)
        sent = all_sent(place, 2)
        eventually(lambda: place.words().count("Task notifiers.deliver") >= 2 * len(sent))
        assert [each.attempts for each in sent] == [1, 1]
        assert "secret-path" not in place.words()
        told_once(hook)


def test_with_redis_gone_after_the_check_a_sweep_by_hand_tells_everything(
    sqlite_url: str, hook: WebhookReceiver, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        with ExitStack() as broker:
            server_url = broker.enter_context(private_redis_server())
            place = opened(stack, tmp_path, (sqlite_url, f"{server_url}/0"), hook)
            worker = worker_for(place, OTHERS)
            place.ended(place.call("deep_check"))
            eventually(lambda: on_queue(f"{server_url}/0", NOTIFY))
            kill(worker)
        assert (messages(place), hook.seen) == ([], [])
        by_hand = Place(tmp_path, place.settings)
        done = by_hand.run("notify", "sweep", "--json")
        assert (done.code, done.json["counts"]) == (0, {"sent": 2}), done.err
        (first,) = told_once(hook)
        assert first.event["level"] == "critical"
        again = by_hand.run("notify", "sweep")
        assert (again.code, again.out) == (0, "Nothing was to be sent.\n")
        told_once(hook)
