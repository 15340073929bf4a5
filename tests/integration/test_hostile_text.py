"""Text that others choose (ids, summaries, findings, names) calls nobody, leads nowhere and breaks nothing."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.model import Finding, Level
from monitor_tasks import custom_checks
from notifiers.channels.channel import Outcome
from notifiers.sweeping import sweep_all
from tests.factories.channels import a_channel
from tests.factories.chatting import KINDS, NOW, a_chat
from tests.factories.messages import a_message, a_notice, an_alert
from tests.factories.newsroom import newsroom_of
from tests.servers.chats import Chats, chats
from tests.servers.mail import mail_server
from tests.servers.webhooks import receiving

EVIL = (
    "<!channel>",
    "<!here|here>",
    "<@U012AB3CD>",
    "<https://evil.example/a|click>",
    '<at user_id="all">all</at>',
    "<at id=all></at>",
    "@all",
    "[click](https://evil.example/b)",
    "![seen](https://evil.example/c.png)",
    '<font color="warning">x</font>',
    "<img src=x onerror=alert(1)>",
    "</div><script>alert(1)</script>",
    "x\r\nBcc: eve@evil.example\r\n\r\nbody",
    "x\nEvil: 1",
    "{{ 7 * 7 }} {% raw %}",
    "{0.__class__} %s %(x)s $x ${x}",
)
#: Empty, endless, and what the encoders and tables of some programs stumble over.
STRANGE = (
    "",
    " ",
    "\x00\x01\x1b[31m\x7f",
    "\ud800 lone \udfff",
    "\u202eright to left\u2066",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯" * 200,
    "👩‍👩‍👧‍👦" * 500,
    "\u2028\u2029\x85",
    "界" * 100_000,
    "\ufffe\uffff\U0010ffff",
)
#: What would call somebody, or be a link, in the markup of each kind.
ALIVE = {
    "feishu": r"<at |\]\(https://evil",
    "lark": r"<at |\]\(https://evil",
    "dingtalk": r"\]\(https://evil|<img|<script|<font",
    "wecom": r"<@|\]\(https://evil|<font|<img",
    "slack": r"<[!@]|<https://evil",
    "pagerduty": "never",
}
LAYOUTS: list[tuple[str, dict[str, str]]] = [
    *((kind, {"language": language}) for kind in KINDS for language in ("en", "zh")),
    *((kind, {"format": "text"}) for kind in ("feishu", "dingtalk", "wecom")),
    ("feishu", {"format": "post"}),
    *((kind, {"template": "{{ title }} {{ alerts }} {{ text }}"}) for kind in KINDS),
]


def hostile(text: str) -> list[Any]:
    """Facts in which this text stands wherever others choose it."""
    return [
        an_alert(
            level=Level.LOW,
            rule=text,
            kind=text,
            summary=text,
            labels={"source": text, text: text},
            top=(text, text),
            command=text,
            acked_by=text,
        ),
        an_alert(2, state="resolved", until=NOW, resolved_by=text, summary=text, labels={text: text}),
        a_notice({}, message=text, service=text, rule=text),
    ]


@pytest.fixture
def server() -> Iterator[Chats]:
    with chats(NOW) as found:
        found.limits = dict.fromkeys(found.limits, ())
        yield found


def texts_in(value: Any) -> Iterator[str]:
    """Every text at any depth, but for what is shown as it is."""
    if isinstance(value, dict):
        as_it_is = value.get("tag") in {"plain_text", "text"} or value.get("type") == "plain_text"
        yield from (text for item in value.values() if not as_it_is for text in texts_in(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in texts_in(item))
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(("kind", "more"), LAYOUTS)
def test_nobody_is_called_and_nothing_leads_away_in_a_chat(server: Chats, kind: str, more: dict[str, str]) -> None:
    with a_chat(server, kind, **more) as channel:
        for evil in EVIL:
            for fact in (hostile(evil)[:1], hostile(evil)[1:2], hostile(evil)[2:], hostile(evil)):
                message = a_message(*fact, service=evil, rule=evil)
                assert channel.send(message, NOW, None).outcome is Outcome.OK
    assert server.seen
    # Brackets mean nothing there.
    plain = more.get("format") in {"text", "post"}
    for request in server.seen:
        body = request.json()
        body.get("markdown", {}).pop("title", "")
        found = [text for text in texts_in(body) if re.search(ALIVE[kind], text)]
        assert plain or found == [], (kind, found[:1])
        assert not any("<at " in text for text in found)
        assert not body.get("at", {}).get("isAtAll")
        assert not body.get("at", {}).get("atMobiles")
        assert {"bcc", "evil"} & set(request.headers) == set()


def test_slack_finds_no_links_or_people_of_its_own_in_the_text(server: Chats) -> None:
    with a_chat(server, "slack") as channel:
        channel.send(a_message(*hostile("https://evil.example @channel #general")), NOW, None)
    sections = [block["text"] for block in server.taken["slack"][0]["blocks"] if block["type"] == "section"]
    assert sections
    assert all(section["verbatim"] is True for section in sections)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(len(STRANGE)))
def test_a_chat_takes_the_strangest_text(server: Chats, kind: str, number: int) -> None:
    strange = STRANGE[number]
    with a_chat(server, kind) as channel:
        verdict = channel.send(a_message(*hostile(strange), service=strange, rule=strange), NOW, None)
    assert (verdict.outcome, verdict.code) == (Outcome.OK, verdict.code)


@pytest.mark.parametrize("body", ["seed", "seed+meta", "cloudevents"])
def test_a_webhook_takes_hostile_and_strange_text_in_its_body_alone(body: str) -> None:
    with receiving() as receiver:
        with a_channel(kind="webhook", url=receiver.url, inner=True, body=body) as channel:
            for text in (*EVIL, *STRANGE):
                for facts in (hostile(text), hostile(text)[2:]):
                    # The settings take no longer name of a service.
                    message = a_message(*facts, service=text[:100], rule=text)
                    assert channel.send(message, NOW, None).outcome is Outcome.OK, text[:20]
        ours = {"host", "user-agent", "accept-encoding", "accept", "connection", "content-type", "content-length"}
        for request in receiver.seen:
            names = set(request.headers) - ours
            assert {name for name in names if not name.startswith(("ce-", "webhook-"))} == set()
            assert len(request.body) <= 20_000
            json.loads(request.body)


def test_a_mail_holds_hostile_and_strange_text_in_its_body_alone() -> None:
    given = {"kind": "email", "tls": "none", "sender": "us@example.com", "to": ["ann@example.com"]}
    with mail_server() as server, a_channel(**given, host="127.0.0.1", port=server.port) as channel:
        for text in (*EVIL, *STRANGE):
            message = a_message(*hostile(text), service=text, rule=text)
            assert channel.send(message, NOW, None).outcome is Outcome.OK, text[:20]
    assert len(server.mails) == len(EVIL) + len(STRANGE)
    for mail in server.mails:
        assert mail.to == ["ann@example.com"]
        assert {"bcc", "evil"} & {name.lower() for name in mail.message.keys()} == set()  # noqa: SIM118 - no dict
        page = mail.message.get_body(("html",))
        assert page is not None
        assert not re.search(r"<script|<img|<a href|onerror=alert\(1\)>", page.get_content())


def test_what_a_custom_check_finds_is_kept_and_told_whatever_it_says(engine: Engine, tmp_path: Path) -> None:
    room = newsroom_of(engine, log_dir=tmp_path / "logs")
    texts = (*EVIL, *STRANGE)
    returned = [Finding(f"source {number}", Level.HIGH, text, text) for number, text in enumerate(texts)]
    returned += [Finding(text, Level.HIGH, text, text) for text in texts]
    outcome = custom_checks._Outcome()
    custom_checks._collect("shop:looks", returned, outcome)
    room.check(0, findings=[asdict(each) for each in outcome.findings])
    sweep_all(room.resources)
    room.hurry()
    sweep_all(room.resources)
    told = {alert.labels["source"] for message in room.messages() for alert in message.alerts}
    assert {f"source {number}" for number in range(len(texts))} <= told
    assert room.messages()[0].model_dump_json()


SANDBOX = [
    "{{ ''|attr('__class__') }}",
    "{{ title|attr('__class__')|attr('__mro__') }}",
    "{{ '{0.__class__.__mro__}'.format(title) }}",
    "{{ '{t.__class__}'.format_map({'t': title}) }}",
    "{{ '%s'|format(title.__class__) }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ text.__class__.__mro__ }}",
    "{{ alerts.__class__.__base__.__subclasses__() }}",
    "{{ alerts|map(attribute='__class__')|list }}",
    "{{ [title]|map(attribute='__class__')|list }}",
    "{{ [title]|groupby('__class__') }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{% set x = alerts[0].update({'id': 'mine'}) %}{{ alerts[0].id }}",
    "{{ local.__globals__ }}",
]


@pytest.mark.parametrize("template", SANDBOX)
def test_a_template_reaches_nothing_but_the_facts(server: Chats, template: str) -> None:
    with a_chat(server, "wecom", template=template) as channel:
        assert channel.send(a_message(), NOW, None).outcome is Outcome.OK
    (body,) = server.taken["wecom"]
    said = json.dumps(body)
    assert not re.search(r"class '[a-z]|<function|os\.py|__builtins__|mine", said), said[:300]
