"""No secret of a channel is found anywhere after every channel has failed in every way.

The servers repeat all that they are sent. Then everything is searched that the product has written or shows.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consistency.database import transaction
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from tests.acceptance.command_line import CELERY, PROGRAM
from tests.acceptance.talk import STEPS, Talk, talk_on
from tests.factories.traces import files_below, keys_of_redis, rows_of_own_tables, traces_of
from tests.servers.echoing import MANNERS


@pytest.fixture(scope="module")
def talk(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talk_on(postgres_server, tmp_path_factory.mktemp("secrets")) as built:
        yield built


def test_every_secret_was_sent_and_repeated_so_that_there_is_something_to_find(talk: Talk) -> None:
    said = "\n".join(talk.plain.said)
    sent = {"feishu", "lark", "ding", "wecom", "slack", "pager", "path", "strangepath", "query", "bearer", "door"}
    sent |= {"apprisepath", "appriseheader"}
    assert {name for name in sent if not traces_of([talk.keep.known[name]], said)} == set()
    assert len(talk.plain.signatures()) > 4 * len(MANNERS)
    assert set(STEPS) <= set(talk.mail.steps)


def test_every_channel_has_failed_in_every_manner(talk: Talk) -> None:
    counting = select(deliveries.c.channel, func.count()).join(
        delivery_attempts, delivery_attempts.c.delivery_id == deliveries.c.id
    )
    with transaction(talk.house.engine) as connection:
        tried = {row[0]: row[1] for row in connection.execute(counting.group_by(deliveries.c.channel))}
        well = list(connection.execute(select(deliveries.c.id).where(deliveries.c.state == "sent")))
    assert {name: tried.get(name, 0) >= len(MANNERS) for name in talk.channels} == dict.fromkeys(talk.channels, True)
    assert len(well) < len(MANNERS) * len(talk.channels) / 5


def test_no_secret_is_in_a_file_or_in_the_words_of_a_process(talk: Talk) -> None:
    found = files_below(talk.house.folder)
    assert {"output", "flower.output", "monitoring.log"} <= {Path(name).name for name in found}
    assert "DEBUG" in talk.house.words() or '"debug"' in talk.house.words()
    # The key of the test's own server lies there too, which is nobody's secret here.
    talk.assert_clean({name: text for name, text in found.items() if not name.endswith(".pem")})


def test_no_secret_is_in_a_table(talk: Talk) -> None:
    found = rows_of_own_tables(talk.house.engine)
    assert any(name.startswith("reconcilery_delivery_attempts") for name in found)
    assert any(name.startswith("reconcilery_alerts") and "channel_broken" in text for name, text in found.items())
    talk.assert_clean(found)


def test_no_secret_is_in_redis_nor_in_a_result(talk: Talk) -> None:
    found = keys_of_redis(talk.house.redis_url)
    assert any("celery-task-meta" in key for key in found)
    talk.assert_clean({**found, "answers": repr(talk.answers), "names": repr(list(found))})


COMMANDS = (
    ("config", "show"),
    ("config", "show", "--json"),
    ("config", "check", "--json"),
    ("notify", "list"),
    ("notify", "list", "--json"),
    ("notify", "dead"),
    ("notify", "dead", "--json"),
    ("alerts", "list", "--json"),
    ("alerts", "history", "--json"),
    ("doctor", "--json"),
)


def test_no_command_shows_a_secret(talk: Talk) -> None:
    done = talk.all_of(PROGRAM, *COMMANDS)
    assert {name: end.code for name, end in done.items() if name != "doctor --json"} == {
        " ".join(command): 0 for command in COMMANDS if command[0] != "doctor"
    }
    talk.assert_clean({name: end.out + end.err for name, end in done.items()})


def test_a_test_of_a_channel_shows_no_secret(talk: Talk) -> None:
    talk.plain.manner = "status 401"
    # Clients try one mechanism after the other, and the worker may still be sending as well.
    talk.mail.will_answer("AUTH", *(f"535 {talk.keep.known['mailpass']}" for _ in range(300)))
    tried = ("feishu", "dingtalk", "pagerduty", "webhook", "nobody", "within", "mail", "apprise", "own", "calm")
    done = talk.all_of(PROGRAM, *(("notify", "test", name) for name in tried), ("notify", "test", "own", "--json"))
    assert {name for name, end in done.items() if end.code == 0} == set()
    talk.assert_clean({name: end.out + end.err for name, end in done.items()})


def test_celery_shows_no_secret(talk: Talk) -> None:
    asked = (("report",), ("inspect", "conf"), ("inspect", "stats"), ("inspect", "registered"), ("inspect", "report"))
    done = talk.all_of(CELERY, *asked)
    assert {end.code for end in done.values()} == {0}
    assert "broker_url" in done["report"].out
    talk.assert_clean({name: end.out + end.err for name, end in done.items()})


def test_no_page_of_flower_shows_a_secret(talk: Talk) -> None:
    known = json.loads(talk.page("/api/tasks?limit=10000"))
    assert len(known) >= len(MANNERS) * len(talk.channels)
    workers = json.loads(talk.page("/api/workers?refresh=1"))
    pages = ["/", "/workers", "/tasks", "/broker", "/metrics", "/api/tasks?limit=10000", "/api/workers"]
    pages += [f"/worker/{name}" for name in workers]
    pages += [f"/task/{task_id}" for task_id in list(known)[-60:]]
    pages += [f"/api/task/info/{task_id}" for task_id in list(known)[:5]]
    talk.assert_clean({page: talk.page(page) for page in pages})


WRONG: list[dict[str, Any]] = [
    {"kind": "feishu", "url": "open.feishu.cn/{}"},
    {"kind": "slack", "url": "ftp://hooks.slack.com/{}"},
    {"kind": "slack", "url": "https://hooks.slack.com:port/{}"},
    {"kind": "slack", "url": ["{}"]},
    {"kind": "webhook", "url": "https://hooks.example/in", "secret": "{}"},
    {"kind": "webhook", "url": "https://hooks.example/in", "headers": {"authorization": ["{}"]}},
    {"kind": "webhook", "url": "https://hooks.example/in", "headers": "{}"},
    {"kind": "pagerduty", "routing_key": {"key": "{}"}},
    {"kind": "email", "host": "h", "sender": "a@b.c", "to": ["a@b.c"], "password": 5, "paswort": "{}"},
    {"kind": "apprise", "url": ["json://{}"]},
    {"kind": "gateway:Gateway", "options": "{}"},
    {"kind": "dingtalk", "url": "https://[{}/x"},
    {"url": "https://hooks.example/{}"},
]


def test_a_mistake_in_the_settings_is_told_without_the_secret_beside_it(talk: Talk) -> None:
    secret = talk.keep("mistaken")
    wrong = {f"c{number}": json.loads(json.dumps(each).replace("{}", secret)) for number, each in enumerate(WRONG)}
    place = talk.here.changed(RECONCILERY_CHANNELS=json.dumps(wrong))
    done = [place.run("config", "check"), place.run("config", "show"), place.run("notify", "test", "c0")]
    assert {end.code for end in done} == {2}
    assert all(f"c{number}" in done[0].err for number in range(len(WRONG)))
    talk.assert_clean({str(number): end.out + end.err for number, end in enumerate(done)})
