"""A worker with channels of all kinds that speak to servers which repeat all that they are sent."""

import http.client
import json
import os
import secrets as luck
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from sqlalchemy import delete

from cli.up.ports import LOCALHOST
from cli.up.services import flower, http_answers
from consistency.database import connect, database_now, transaction
from consistency.ledger.delivery_tables import channel_states
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.deliveries.outbox import enqueue
from tests.acceptance.command_line import Ended, Place, ended
from tests.acceptance.house import House, client_of, kill
from tests.acceptance.launching import ROOT, eventually
from tests.factories.default_app import make_application
from tests.factories.messages import a_message, a_notice, an_alert
from tests.factories.rows import World
from tests.factories.studio import lost_tasks
from tests.factories.traces import rows_of_own_tables, traces_of
from tests.servers.certificates import certificate
from tests.servers.databases import fresh_database
from tests.servers.echoing import MANNERS, Echoing, echoing, forms
from tests.servers.mail import MailServer, mail_server
from tests.servers.readers import reader_of
from tests.servers.redis import redis_server as private_redis_server

#: What each step of a mail server says, of what every one refuses in turn.
STEPS = ("EHLO", "AUTH", "MAIL", "RCPT", "DATA")
#: The password that tests.servers.readers gives its accounts.
READERS_PASSWORD = "open-sesame"
OWN_CODE = """
from notifiers.channels.channel import Outcome, Verdict


class Gateway:
    def __init__(self, token, account, address, calm=False):
        self.said, self.calm = f"no {token} for {account} at {address}", calm

    def send(self, message, now, progress):
        if self.calm:
            return Verdict(Outcome.TRANSIENT, self.said, self.said, reply=self.said * 1000)
        if message.seq % 2:
            raise SystemExit(self.said)
        raise RuntimeError(self.said) from ValueError(self.said)
"""


def a_secret(name: str) -> str:
    """One with all that addresses and JSON escape."""
    return f"{name}{luck.token_hex(8)}+/=&{luck.token_hex(4)}"


def a_token(name: str) -> str:
    """One that an address takes as it is."""
    return f"{name}{luck.token_hex(12)}"


@dataclass
class Keeper:
    """Every secret there is, by what it is for."""

    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str, secret: str = "") -> str:
        return self.known.setdefault(name, secret or a_token(name))

    def awkward(self, name: str) -> str:
        return self(name, a_secret(name))

    def key(self, name: str) -> str:
        """A key of Standard Webhooks."""
        return "whsec_" + self(name, luck.token_urlsafe(33).replace("-", "a").replace("_", "b"))


def channels_of(keep: Keeper, plain: Echoing, strange: Echoing, mail: MailServer, closed: int) -> dict[str, Any]:
    """A channel of each kind with a secret wherever one may stand; all speak to servers of the test."""
    chat = {"inner": True, "timeout": "300ms"}
    bot = {**chat, "secret": keep.awkward("signing")}
    account = f"{keep('user')}:{quote(keep.awkward('userpass'), safe='')}@"
    path = f"/hook/{keep('path')}/{quote(keep.awkward('strangepath'), safe='')}"
    query = f"?code={quote(keep.awkward('query'), safe='')}&sv=1"
    web = {
        "kind": "webhook",
        **chat,
        "secret": keep.key("webhookkey"),
        "old_secret": keep.key("oldwebhookkey"),
        "headers": {"Authorization": f"Bearer {keep('bearer')}", "X-Door": keep.awkward("door")},
    }
    letters = {
        "kind": "email",
        "host": LOCALHOST,
        "port": mail.port,
        "tls": "none",
        "timeout": "300ms",
        "username": "mailer",
        "password": keep.awkward("mailpass"),
        "sender": "us@example.com",
        "to": ["ann@example.com", "bob@example.com"],
    }
    own = {
        "token": keep.awkward("optiontoken"),
        "account": {"deep": [{"password": keep.awkward("deepoption")}]},
        "address": f"https://gateway.example/{keep('optionpath')}?key={keep('optionquery')}",
    }
    json_place = f"{keep('appriseuser')}:{keep('apprisepass')}@{plain.host}/{keep('apprisepath')}"
    return {
        "feishu": {"kind": "feishu", "url": plain.url(f"/open-apis/bot/v2/hook/{keep('feishu')}"), **bot},
        "lark": {"kind": "lark", "url": plain.url(f"/open-apis/bot/v2/hook/{keep('lark')}"), **bot, "format": "text"},
        "dingtalk": {"kind": "dingtalk", "url": plain.url(f"/robot/send?access_token={keep('ding')}"), **bot},
        "wecom": {"kind": "wecom", "url": plain.url(f"/cgi-bin/webhook/send?key={keep('wecom')}"), **chat},
        "slack": {"kind": "slack", "url": plain.url(f"/services/T0AB1CD2E/B0FG3HI4J/{keep('slack')}"), **chat},
        "pagerduty": {"kind": "pagerduty", "url": plain.url("/v2/enqueue"), **chat, "routing_key": "env:PAGER_KEY"},
        "webhook": {**web, "url": plain.url(path + query, account)},
        "events": {**web, "url": plain.url(path + query), "body": "cloudevents"},
        "distrusted": {**web, "url": strange.url(path + query, account)},
        "nobody": {**web, "url": f"http://{account}{LOCALHOST}:{closed}{path}{query}"},
        "nowhere": {**web, "url": f"http://{account}no-such-host.invalid{path}{query}"},
        "within": {**web, "url": plain.url(path + query, account), "inner": False},
        "mail": letters,
        "mailnobody": {**letters, "port": closed},
        "mailbare": {**letters, "tls": "starttls"},
        "apprise": {"kind": "apprise", "url": f"json://{json_place}?+X-Key={keep('appriseheader')}"},
        "own": {"kind": "gateway:Gateway", "options": own},
        "calm": {"kind": "gateway:Gateway", "options": {**own, "calm": True}},
    }


@dataclass
class Talk:
    """A worker whose channels speak to servers that repeat everything."""

    house: House
    keep: Keeper
    plain: Echoing
    strange: Echoing
    mail: MailServer
    channels: dict[str, Any]
    flower_port: int = 0
    answers: list[Any] = field(default_factory=list)

    @property
    def here(self) -> Place:
        return Place(self.house.folder, self.house.settings)

    def all_of(self, program: tuple[str, ...], *commands: tuple[str, ...]) -> dict[str, Ended]:
        """What these commands of a program leave behind, by their arguments; they run at one time."""
        started = {" ".join(command): self.here.start(*program, *command) for command in commands}
        return {name: ended(process) for name, process in started.items()}

    def secrets(self) -> set[str]:
        """Those of the settings and the signatures that were made with them."""
        return {*self.keep.known.values(), *self.plain.signatures(), *self.strange.signatures()}

    def fail(self, number: int, manner: str) -> None:
        """Every channel sends a message of its own, and is answered in that manner."""
        self.plain.manner = self.strange.manner = manner
        step = STEPS[number % len(STEPS)]
        words = f"{self.keep.known['mailpass']} as in {'  '.join(forms(self.keep.known['mailpass']))}"[:450]
        self.mail.will_answer(step, f"{'450' if number % 2 else '550'} {step} {words}")
        ids = [self._decide(name, number) for name in self.channels]
        sent = [self.house.client.send_task("notifiers.deliver", kwargs={"delivery_id": one}) for one in ids]
        self.answers += [self.house.ended(each).result for each in sent]

    def forgive(self) -> None:
        """As if no channel had failed, and nothing had been sent yet."""
        self.mail.answers.clear()
        with transaction(self.house.engine) as connection:
            connection.execute(delete(channel_states))
        with redis.Redis.from_url(self.house.redis_url) as client:
            for key in client.scan_iter("*channel:*"):
                client.delete(key)

    def _decide(self, name: str, number: int) -> str:
        told = [an_alert(number)] if number % 3 else [a_notice()]
        message = a_message(*told, id=f"msg_{name}_{number}", thread=f"g{number}", seq=number)
        with transaction(self.house.engine) as connection:
            now = database_now(connection)
            return enqueue(connection, message, name, f"g-{name}-{number}", number, message.reason, False, now)  # noqa: FBT003 - it supersedes none

    def page(self, path: str) -> str:
        """A page of Flower."""
        with closing(http.client.HTTPConnection(LOCALHOST, self.flower_port, timeout=60)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status == 200, (path, answer.status, text)
        return text

    def assert_clean(self, found: dict[str, str]) -> None:
        """None of these texts holds a secret."""
        assert found
        somewhere = traces_of(self.secrets(), "\n".join(found.values()))
        traces = {where: traces_of(somewhere, text) for where, text in found.items()}
        leaks = {where: {self._name(secret) for secret in held} for where, held in traces.items() if held}
        assert leaks == {}

    def _name(self, secret: str) -> str:
        return next((name for name, known in self.keep.known.items() if known == secret), "a signature")


@contextmanager
def talk_on(postgres_server: str, folder: Path) -> Iterator[Talk]:
    """Every channel has failed in every manner; a worker and Flower still run."""
    (folder / "gateway.py").write_text(OWN_CODE)
    keep = Keeper()
    with ExitStack() as stack:
        closed = stack.enter_context(closing(socket.socket()))
        closed.bind((LOCALHOST, 0))
        redis_url = f"{stack.enter_context(private_redis_server())}/0"
        keep("redis", redis_url.partition("@")[0].rpartition(":")[2])
        url = stack.enter_context(fresh_database(postgres_server, os.getpid()))
        make_application(url, lost_tasks(12))
        engine = connect(url)
        create_or_upgrade(engine, LEDGER)
        create_or_upgrade(engine, REPAIRS)
        reader_url = stack.enter_context(reader_of(url, os.getpid()))
        keep("reader", READERS_PASSWORD)
        plain = stack.enter_context(echoing())
        strange = stack.enter_context(echoing(certificate(folder)))
        mail = stack.enter_context(mail_server("none", username="mailer", password=keep.awkward("mailpass")))
        channels = channels_of(keep, plain, strange, mail, closed.getsockname()[1])
        settings = {
            "RECONCILERY_DATABASE_URL": url,
            "RECONCILERY_READ_URL": reader_url,
            "RECONCILERY_REDIS_URL": redis_url,
            "RECONCILERY_LOG_DIR": str(folder / "logs"),
            "RECONCILERY_CHANNELS": json.dumps(channels),
            "RUNNINGHUB_API_KEY": keep("provider"),
            "RUNNINGHUB_BASE_URL": plain.url(""),
            "LOG_LEVEL": "DEBUG",
            "PAGER_KEY": keep("pager", luck.token_hex(16)),
            "FLOWER_UNAUTHENTICATED_API": "true",
        }
        resources = Resources(Settings(), engine, engine, engine)
        place = House(folder, engine, redis_url, settings, World(), resources, _client(redis_url))
        built = Talk(place, keep, plain, strange, mail, channels)
        stack.callback(_end, place)
        stack.enter_context(_flower(built))
        place.worker()
        # Those that are broken at the end become alerts, with what the servers said.
        for number, manner in enumerate((*MANNERS, "status 401"), start=1):
            built.forgive()
            built.fail(number, manner)
        place.client.send_task("notifiers.sweep")
        eventually(lambda: any("channel_broken" in row for row in rows_of_own_tables(engine).values()))
        yield built


def _client(redis_url: str) -> Any:
    client = client_of(redis_url)
    client.conf.task_routes = {"notifiers.*": {"queue": "reconcilery.notify"}}
    return client


def _end(place: House) -> None:
    for process in place.processes:
        if process.poll() is None:
            kill(process)
    place.client.close()
    place.engine.dispose()


@contextmanager
def _flower(talk: Talk) -> Iterator[None]:
    service = flower(wished_port=0)
    talk.flower_port = int(service.url.rpartition(":")[2])
    with (talk.house.folder / "flower.output").open("wb") as output:
        process = subprocess.Popen(
            [*service.command, "--logging=debug"],
            cwd=talk.house.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **talk.house.settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    talk.house.processes.append(process)
    eventually(lambda: http_answers(talk.flower_port, "/healthcheck"))
    yield
