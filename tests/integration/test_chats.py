"""What every chat sends to a server that takes and refuses as its provider does."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from consistency.model import Level
from notifiers.channels.channel import CHAT_RETRIES, Outcome
from tests.factories.chatting import HIDDEN, KINDS, NOW, SECRET, a_chat, sent
from tests.factories.messages import a_message, a_notice, an_alert
from tests.servers.chat_protocols import FEISHU_BYTES
from tests.servers.chats import Chats, chats

HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[Chats]:
    with chats(NOW) as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_taken(server: Chats, kind: str) -> None:
    verdict = sent(server, kind)
    assert verdict.outcome is Outcome.OK, verdict
    (body,) = server.taken["feishu" if kind == "lark" else kind]
    assert "31 of 100 tasks have no output" in json.dumps(body)


@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        ("feishu", "card"),
        ("feishu", "post"),
        ("feishu", "text"),
        ("dingtalk", "markdown"),
        ("dingtalk", "text"),
        ("wecom", "markdown"),
        ("wecom", "text"),
    ],
)
def test_every_format_is_taken_in_chinese_and_however_much_there_is_to_tell(
    server: Chats, kind: str, layout: str
) -> None:
    many = [an_alert(number, summary="缺" * 400, top=("键" * 60,) * 5) for number in range(1, 501)]
    for told in ([an_alert(1)], many, [a_notice(message="说" * 500)]):
        verdict = sent(server, kind, *told, format=layout, language="zh")
        assert verdict.outcome is Outcome.OK, verdict
    assert "另有 490 个" in json.dumps(server.taken[kind][1], ensure_ascii=False) or kind == "wecom"


@pytest.mark.parametrize("kind", ["slack", "pagerduty"])
def test_much_to_tell_fits_the_others_as_well(server: Chats, kind: str) -> None:
    server.limits[kind] = ()
    many = [an_alert(number, kind="finding", summary="x<&" * 160, top=("k" * 255,) * 9) for number in range(1, 60)]
    assert sent(server, kind, *many).outcome is Outcome.OK
    assert sent(server, kind, template="{% for i in range(3000) %}line {{ i }}\n{% endfor %}").outcome is Outcome.OK


@pytest.mark.parametrize("kind", ["feishu", "dingtalk"])
def test_a_signature_is_made_anew_from_the_moment_of_the_attempt(server: Chats, kind: str) -> None:
    server.bot.secret = SECRET
    with a_chat(server, kind, secret=SECRET) as channel:
        assert channel.send(a_message(), NOW, None).outcome is Outcome.OK
        server.forward(2 * HOUR)
        late = channel.send(a_message(), NOW, None)
        assert channel.send(a_message(), NOW + 2 * HOUR, None).outcome is Outcome.OK
    assert late.outcome is Outcome.PERMANENT_CHANNEL
    assert "check the channel's secret" in late.detail


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_limited_who_keeps_the_windows_of_the_channel(server: Chats, kind: str) -> None:
    with a_chat(server, kind) as channel:
        apart = max((window.seconds / window.calls for window in channel.windows), default=0.0)
        for _ in range(30):
            assert channel.send(a_message(), NOW, None).outcome is Outcome.OK
            server.forward(timedelta(seconds=apart))


def test_connections_are_kept(server: Chats) -> None:
    with a_chat(server, "wecom") as channel:
        for _ in range(10):
            channel.send(a_message(), NOW, None)
    assert server.server.conversations == 1


@pytest.mark.parametrize("kind", ["feishu", "dingtalk", "wecom", "slack"])
def test_chats_are_superseded_and_tried_for_an_hour(server: Chats, kind: str) -> None:
    with a_chat(server, kind) as one, a_chat(server, kind) as same:
        assert one.supersedes
        assert one.retries == CHAT_RETRIES
        assert one.limit_key == same.limit_key
        assert not any(secret in one.limit_key for secret in HIDDEN)


@pytest.mark.parametrize("layout", ["card", "post", "text"])
def test_feishu_mentions_people_of_what_is_grave_and_never_of_what_is_over(server: Chats, layout: str) -> None:
    told: list[Any] = [an_alert(level=Level.HIGH), an_alert(level=Level.MEDIUM), an_alert(state="resolved")]
    for each in told:
        sent(server, "feishu", each, format=layout, mention=("all", "ou_7"))
    texts = [json.dumps(body) for body in server.taken["feishu"]]
    assert ["ou_7" in text for text in texts] == [True, False, False]


def test_dingtalk_names_whom_it_calls_in_the_text_as_well(server: Chats) -> None:
    for layout in ("markdown", "text"):
        sent(server, "dingtalk", format=layout, mention=("13800000000", "all"))
        sent(server, "dingtalk", a_notice(), format=layout, mention=("13800000000", "all"))
    grave, calm, *_ = server.taken["dingtalk"]
    assert grave["at"] == {"atMobiles": ["13800000000"], "isAtAll": True}
    assert "@13800000000" in grave["markdown"]["text"]
    assert calm["at"] == {"atMobiles": [], "isAtAll": False}


def test_a_key_that_looks_like_a_mention_calls_nobody(server: Chats) -> None:
    evil = an_alert(
        level=Level.LOW, top=('<at user_id="all">x</at>', "<at id=all></at>", "<!channel>", "[a](http://b)")
    )
    for kind, layout in (("feishu", "card"), ("feishu", "text"), ("dingtalk", "markdown"), ("wecom", "markdown")):
        sent(server, kind, evil, format=layout)
    sent(server, "slack", evil)
    texts = [json.dumps(body, ensure_ascii=False) for bodies in server.taken.values() for body in bodies]
    assert len(texts) == 5
    for text in texts:
        assert not any(tag in text for tag in ("<at ", "<!channel"))
        assert ("](http://b" in text) == ('"mrkdwn"' in text or '"msg_type": "text"' in text), (
            "brackets mean nothing there"
        )


def test_a_card_is_coloured_by_what_is_gravest(server: Chats) -> None:
    low, critical = an_alert(1, level=Level.LOW), an_alert(2, level=Level.CRITICAL)
    for told in ([low], [low, critical], [an_alert(state="resolved", level=Level.CRITICAL)], [a_notice()]):
        sent(server, "feishu", *told)
    colours = [body["card"]["header"]["template"] for body in server.taken["feishu"]]
    assert colours == ["blue", "red", "green", "grey"]


def test_a_body_counts_in_bytes_as_it_is_sent(server: Chats) -> None:
    sent(server, "feishu", *(an_alert(n, kind="finding", summary='"\\' * 240, top=('"' * 80,) * 5) for n in range(40)))
    (request,) = server.seen
    assert FEISHU_BYTES // 4 < len(request.body) <= FEISHU_BYTES
