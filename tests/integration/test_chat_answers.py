"""What every chat makes of an answer: the provider's codes, everything else that may come back, and what leaks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifiers.channels.channel import Outcome
from tests.factories.chatting import HIDDEN, KINDS, NOW, SECRET, a_chat, sent
from tests.factories.messages import a_message
from tests.servers.certificates import certificate
from tests.servers.chat_protocols import SLACK_PATH, TOKEN
from tests.servers.chats import MISCHIEF, PAGE, Chats, chats
from tests.servers.talking import Response, json_response

BY_CODE = ("feishu", "dingtalk", "wecom")


@pytest.fixture
def server() -> Iterator[Chats]:
    with chats(NOW) as found:
        yield found


@pytest.mark.parametrize(("kind", "code"), [("feishu", "19021"), ("dingtalk", "310000")])
@pytest.mark.parametrize("secret", ["", "SECanother"])
def test_a_wrong_or_missing_secret_breaks_the_channel(server: Chats, kind: str, code: str, secret: str) -> None:
    server.bot.secret = SECRET
    verdict = sent(server, kind, secret=secret)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, code)


@pytest.mark.parametrize(("kind", "code"), [("feishu", "19024"), ("dingtalk", "310000")])
def test_a_keyword_that_is_missing_breaks_the_channel_and_a_template_can_hold_it(
    server: Chats, kind: str, code: str
) -> None:
    server.bot.keyword = "onduty"
    verdict = sent(server, kind)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, code)
    assert sent(server, kind, template="onduty {{ title }}").outcome is Outcome.OK


@pytest.mark.parametrize(
    ("kind", "wrong", "code"),
    [
        ("feishu", TOKEN, "19001"),
        ("dingtalk", TOKEN, "300001"),
        ("wecom", TOKEN, "93000"),
        ("slack", SLACK_PATH.rpartition("/")[2], "no_service"),
        ("pagerduty", "enqueue", "HTTP 404"),
    ],
)
def test_an_address_without_a_bot_breaks_the_channel(server: Chats, kind: str, wrong: str, code: str) -> None:
    verdict = sent(server, kind, url=server.url(kind).replace(wrong, "1f0e9d8c7b6a"))
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, code)
    assert "1f0e9d8c7b6a" not in repr(verdict)


@pytest.mark.parametrize(
    ("kind", "code", "seconds"),
    [
        ("feishu", "11232", 65),
        ("dingtalk", "130101", 600),
        ("wecom", "45009", 65),
        ("slack", "rate_limited", 7),
    ],
)
def test_one_message_too_many_pauses_the_whole_channel(server: Chats, kind: str, code: str, seconds: int) -> None:
    with a_chat(server, kind) as channel:
        verdicts = [channel.send(a_message(), NOW, None) for _ in range(21)]
    verdict = next(each for each in verdicts if each.outcome is not Outcome.OK)
    assert (verdict.outcome, verdict.code) == (Outcome.RATE_LIMITED, code)
    assert verdict.pause == verdict.wait == timedelta(seconds=seconds)


@pytest.mark.parametrize("kind", BY_CODE)
@pytest.mark.parametrize("mischief", ["html", "empty", "no_code", "a_list", "broken_json", "close", "half", "huge"])
def test_what_is_no_answer_of_the_provider_is_tried_again(server: Chats, kind: str, mischief: str) -> None:
    server.will_answer(mischief)
    assert sent(server, kind).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("kind", ["slack", "pagerduty"])
@pytest.mark.parametrize("mischief", ["html", "empty", "close", "half", "huge"])
def test_what_is_no_answer_of_slack_or_pagerduty_is_tried_again(server: Chats, kind: str, mischief: str) -> None:
    server.will_answer(mischief)
    assert sent(server, kind).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mischief", "outcome", "wait"),
    [
        ("moved", Outcome.PERMANENT_CHANNEL, None),
        ("redirect", Outcome.TRANSIENT, None),
        ("too_many", Outcome.RATE_LIMITED, 42),
        ("failed", Outcome.TRANSIENT, None),
        ("maintenance", Outcome.TRANSIENT, 120),
        ("forbidden", Outcome.PERMANENT_CHANNEL, None),
        ("gone", Outcome.PERMANENT_CHANNEL, None),
        ("teapot", Outcome.PERMANENT_MESSAGE, None),
    ],
)
def test_without_a_code_the_status_decides(
    server: Chats, kind: str, mischief: str, outcome: Outcome, wait: int | None
) -> None:
    server.will_answer(mischief)
    verdict = sent(server, kind)
    assert verdict.outcome is outcome
    assert verdict.wait == (None if wait is None else timedelta(seconds=wait))
    assert len(server.seen) == 1, "redirects are not followed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mischief", ["trickle_head", "trickle_body"])
def test_who_answers_too_slowly_is_not_waited_for(server: Chats, kind: str, mischief: str) -> None:
    server.will_answer(mischief)
    verdict = sent(server, kind, timeout="300ms")
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "timeout")


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        ("feishu", {"StatusCode": 0, "StatusMessage": "success"}, Outcome.OK),
        ("feishu", {"code": "0"}, Outcome.OK),
        ("feishu", {"code": 19022, "msg": "ip not allowed"}, Outcome.PERMANENT_CHANNEL),
        ("feishu", {"code": 99999, "msg": "who knows"}, Outcome.UNKNOWN),
        ("feishu", {"code": True}, Outcome.TRANSIENT),
        ("feishu", {"code": None}, Outcome.TRANSIENT),
        # The newer name counts where both are there.
        ("feishu", {"code": 9499, "StatusCode": 0}, Outcome.PERMANENT_MESSAGE),
        ("dingtalk", {"errcode": -1, "errmsg": "系统繁忙"}, Outcome.TRANSIENT),
        ("dingtalk", {"errcode": 400102, "errmsg": "robot disabled"}, Outcome.PERMANENT_CHANNEL),
        ("dingtalk", {"errcode": 430102, "errmsg": "bad words"}, Outcome.PERMANENT_MESSAGE),
        ("dingtalk", {"errcode": 7, "errmsg": "?"}, Outcome.UNKNOWN),
        ("wecom", {"errcode": -1, "errmsg": "system busy"}, Outcome.TRANSIENT),
        ("wecom", {"errcode": 45033, "errmsg": "concurrency"}, Outcome.RATE_LIMITED),
        ("wecom", {"errcode": 7, "errmsg": "?"}, Outcome.UNKNOWN),
    ],
)
def test_a_code_decides_whatever_the_status(server: Chats, kind: str, answer: dict[str, Any], outcome: Outcome) -> None:
    server.will_answer(json_response(answer))
    assert sent(server, kind).outcome is outcome


@pytest.mark.parametrize(
    ("status", "word", "outcome"),
    [
        (400, "invalid_payload", Outcome.PERMANENT_MESSAGE),
        (400, "invalid_token", Outcome.PERMANENT_CHANNEL),
        (400, "user_not_found", Outcome.PERMANENT_CHANNEL),
        (403, "action_prohibited", Outcome.PERMANENT_CHANNEL),
        (404, "channel_not_found", Outcome.PERMANENT_CHANNEL),
        (410, "channel_is_archived", Outcome.PERMANENT_CHANNEL),
        (500, "rollup_error", Outcome.TRANSIENT),
    ],
)
def test_slack_answers_in_words(server: Chats, status: int, word: str, outcome: Outcome) -> None:
    server.will_answer(Response(status, word.encode()))
    verdict = sent(server, "slack")
    assert (verdict.outcome, verdict.code) == (outcome, word)


def test_an_unknown_code_of_a_failing_server_is_no_unknown_answer(server: Chats) -> None:
    server.will_answer(json_response({"code": 77777, "msg": "gateway"}, 502, {"Retry-After": "9"}))
    verdict = sent(server, "feishu")
    assert (verdict.outcome, verdict.wait) == (Outcome.TRANSIENT, timedelta(seconds=9))


def test_feishus_own_header_says_how_long_to_wait(server: Chats) -> None:
    server.will_answer(Response(429, b"{}", {"x-ogw-ratelimit-reset": "33"}))
    assert sent(server, "feishu").pause == timedelta(seconds=33)


@pytest.mark.parametrize("kind", KINDS)
def test_an_inner_address_is_refused_with_the_setting_that_allows_it(server: Chats, kind: str) -> None:
    verdict = sent(server, kind, inner=False)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "refused")
    assert verdict.detail.endswith("set inner = true in [channels.it]")
    assert server.seen == []


def test_inner_opens_the_way_to_the_channels_own_host_alone(server: Chats) -> None:
    with chats(NOW) as other:
        server.will_answer(Response(307, headers={"Location": other.url("feishu")}))
        assert sent(server, "feishu").outcome is Outcome.TRANSIENT
        assert other.seen == []


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_is_tried_again(server: Chats, kind: str) -> None:
    with chats(NOW) as other:
        gone = other.url(kind)
    verdict = sent(server, kind, url=gone)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "connection")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_server_repeats_gives_a_secret_away(server: Chats, kind: str) -> None:
    signed = {"secret": SECRET} if kind in {"feishu", "lark", "dingtalk"} else {}
    signatures: set[str] = set()
    verdicts = []
    with a_chat(server, kind, **signed) as channel:
        for status in (200, 400, 403, 418, 429, 500):
            server.always = None
            channel.send(a_message(), NOW, None)
            request = server.seen[-1]
            said = f"no {request.method} {server.url(kind)} {request.path} {request.body.decode()} {request.headers}"
            signatures |= {str(request.json().get("sign", "-" * 50)), request.path.partition("sign=")[2] or "-" * 50}
            server.always = json_response(
                {"code": 1, "errcode": 1, "msg": said, "errmsg": said, "errors": [said]}, status
            )
            verdicts.append(channel.send(a_message(), NOW, None))
            server.always = Response(status, said.replace("/", "\\/").encode())
            verdicts.append(channel.send(a_message(), NOW, None))
    shown = repr(verdicts)
    assert "***" in shown
    assert [secret for secret in (*HIDDEN, *signatures) if secret in shown] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mischief", sorted(MISCHIEF))
def test_no_verdict_is_larger_than_its_place_in_the_tables(server: Chats, kind: str, mischief: str) -> None:
    server.will_answer(mischief)
    verdict = sent(server, kind, timeout="300ms")
    assert len(verdict.code) <= 64
    assert len(verdict.detail) <= 300
    assert len(verdict.reply.encode()) <= 2000
    assert verdict.detail.isprintable()


def test_a_private_authority_is_trusted_where_the_settings_say_so(tmp_path: Path) -> None:
    found = certificate(tmp_path)
    with chats(NOW, found) as server:
        distrusted = sent(server, "feishu")
        assert sent(server, "feishu", ca_file=str(found)).outcome is Outcome.OK
    assert (distrusted.outcome, distrusted.code) == (Outcome.TRANSIENT, "tls")


def test_the_page_that_answered_is_kept_as_the_reply(server: Chats) -> None:
    server.will_answer("html")
    assert sent(server, "dingtalk").reply == PAGE.decode()
