"""Mail against a real server: who gets it, what it says, and what each refusal means."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from notifiers.channels.channel import CHAT_RETRIES, Outcome, Verdict
from notifiers.messages.message import Message
from tests.factories.channels import a_channel
from tests.factories.messages import a_message, a_notice, an_alert
from tests.servers.certificate import make_certificate, server_context
from tests.servers.mail import MailServer, mail_server

NOW = datetime(2026, 9, 16, 4, 5, tzinfo=UTC)
ANNA, BOB, CARL = (f"{name}@example.com" for name in ("anna", "bob", "carl"))
PASSWORD = "open-sesame-42"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def send(server: MailServer, message: Message | None = None, progress: str | None = None, **settings: Any) -> Verdict:
    given = {
        "kind": "email",
        "host": "127.0.0.1",
        "port": server.port,
        "tls": server.tls,
        "sender": "watch@example.com",
        "to": [ANNA, BOB, CARL],
        "timeout": "20s",
        **settings,
    }
    with a_channel(**given) as channel:
        return channel.send(message or a_message(), NOW, progress)


def test_everybody_gets_one_mail_with_text_and_html(server: MailServer) -> None:
    verdict = send(server)
    assert (verdict.outcome, verdict.code) == (Outcome.OK, "SMTP 250")
    (mail,) = server.mails
    assert (mail.sender, mail.to) == ("watch@example.com", [ANNA, BOB, CARL])
    text, html = (part.get_content() for part in mail.message.iter_parts())
    assert "31 of 100 tasks have no output" in text
    assert "31 of 100 tasks have no output" in html
    assert "31 of 100 tasks have no output" in mail.message["Subject"]


def test_a_mail_says_which_message_it_is_and_which_thread_it_belongs_to(server: MailServer) -> None:
    first = a_message()
    for message in (first, a_message(id="msg_2", seq=2, reason="all_resolved")):
        send(server, message)
    one, two = (mail.message for mail in server.mails)
    assert (one["Message-ID"], two["Message-ID"]) == (f"<{first.id}@example.com>", "<msg_2@example.com>")
    assert one["References"] == two["References"] == one["In-Reply-To"] == f"<{first.thread}@example.com>"
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Date"] == "Wed, 16 Sep 2026 04:05:00 +0000"


def test_chinese_arrives_in_lines_of_plain_ascii(server: MailServer) -> None:
    send(server, a_message(an_alert(kind="finding", summary="数据缺失" * 400), service="店铺"), language="zh")
    (mail,) = server.mails
    assert mail.raw.isascii()
    assert max(len(line) for line in mail.raw.splitlines()) <= 998
    assert "店铺" in mail.message["Subject"]


@pytest.mark.parametrize("text", ["a\r\nBcc: eve@example.com", "a\nX: 1\n\nbody", "a\x00b", "a\u2028b", "\r\n.\r\n"])
def test_nothing_in_a_message_becomes_a_header_or_ends_it(server: MailServer, text: str) -> None:
    message = a_message(
        an_alert(kind="finding", summary=text, rule=text), a_notice({}, message=text), service=text, rule=text
    )
    assert send(server, message).outcome is Outcome.OK
    (mail,) = server.mails
    assert mail.to == [ANNA, BOB, CARL]
    names = "Subject From To Date Message-ID In-Reply-To References Auto-Submitted MIME-Version Content-Type"
    assert sorted({name for name in mail.message.keys() if not name.startswith("X-")}) == sorted(names.split())  # noqa: SIM118 - a mail is no dict
    assert len(list(mail.message.iter_parts())) == 2


def test_foreign_text_is_only_text_in_the_html(server: MailServer) -> None:
    send(
        server,
        a_message(an_alert(kind="finding", summary="<script>alert(1)</script>", link="https://x.example/?a=1&b=2")),
    )
    html = list(server.mails[0].message.iter_parts())[1].get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'href="https://x.example/?a=1&amp;b=2"' in html


def test_who_was_refused_for_now_is_asked_again_and_nobody_else(server: MailServer) -> None:
    server.will_answer(BOB, "450 try later")
    verdict = send(server)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "SMTP 450")
    assert verdict.detail == f"1 of 3 addresses are refused, such as {BOB}: 450 try later"
    assert json.loads(verdict.progress or "") == [ANNA, CARL]
    again = send(server, progress=verdict.progress)
    assert again.outcome is Outcome.OK
    assert [mail.to for mail in server.mails] == [[ANNA, CARL], [BOB]]


def test_an_address_refused_for_good_leaves_the_others_their_mail(server: MailServer) -> None:
    server.will_answer(BOB, "550 no such user")
    verdict = send(server)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_MESSAGE, "SMTP 550")
    assert server.mails[0].to == [ANNA, CARL]


def test_a_refusal_for_now_weighs_more_than_one_for_good(server: MailServer) -> None:
    server.will_answer(ANNA, "550 no such user")
    server.will_answer(BOB, "451 greylisted")
    verdict = send(server)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "SMTP 451")
    assert json.loads(verdict.progress or "") == [CARL]


#: All addresses are refused with these, and what it comes to.
ALL_REFUSED = [("451 later", Outcome.TRANSIENT), ("554 no relaying", Outcome.PERMANENT_CHANNEL)]


@pytest.mark.parametrize(("answer", "outcome"), ALL_REFUSED)
def test_all_refused_is_judged_by_the_codes(server: MailServer, answer: str, outcome: Outcome) -> None:
    server.will_answer("RCPT", answer, answer, answer)
    verdict = send(server)
    assert (verdict.outcome, verdict.progress) == (outcome, None)
    assert server.mails == []


#: Which step is answered how, and what it comes to.
STEPS = [
    ("MAIL", "450 busy", Outcome.TRANSIENT),
    ("MAIL", "550 we do not know you", Outcome.PERMANENT_CHANNEL),
    ("MAIL", "552 too large", Outcome.PERMANENT_MESSAGE),
    ("DATA", "452 disk full", Outcome.TRANSIENT),
    ("DATA", "554 looks like spam", Outcome.PERMANENT_MESSAGE),
    ("DATA", "421 closing", Outcome.TRANSIENT),
    ("MAIL", "hang up", Outcome.TRANSIENT),
    ("DATA", "hang up", Outcome.TRANSIENT),
    ("DATA", "not a reply", Outcome.TRANSIENT),
]


@pytest.mark.parametrize(("step", "answer", "outcome"), STEPS)
def test_each_step_may_be_refused(server: MailServer, step: str, answer: str, outcome: Outcome) -> None:
    server.will_answer(step, answer)
    verdict = send(server)
    assert verdict.outcome is outcome
    assert f"127.0.0.1:{server.port}" in verdict.detail


def test_what_was_reached_before_is_remembered_through_a_failure(server: MailServer) -> None:
    server.will_answer("MAIL", "hang up")
    assert send(server, progress=json.dumps([ANNA])).progress == json.dumps([ANNA])


@pytest.mark.parametrize("progress", ["", "no json", "1", "null"])
def test_a_progress_that_nobody_understands_is_none(server: MailServer, progress: str) -> None:
    assert send(server, progress=progress).outcome is Outcome.OK
    assert server.mails[0].to == [ANNA, BOB, CARL]


def test_nobody_is_written_to_twice(server: MailServer) -> None:
    assert send(server, progress=json.dumps([ANNA, BOB, CARL])).outcome is Outcome.OK
    assert server.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_an_encrypted_conversation_logs_in(certificate: Path, tls: str) -> None:
    with mail_server(tls, server_context(certificate), username="watch", password=PASSWORD) as server:
        verdict = send(server, username="watch", password=PASSWORD, ca_file=str(certificate))
    assert verdict.outcome is Outcome.OK
    assert (server.mails[0].encrypted, server.mails[0].login) == (True, b"watch")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_stranger_s_certificate_is_not_trusted_and_gets_no_password(certificate: Path, tls: str) -> None:
    with mail_server(tls, server_context(certificate), username="watch", password=PASSWORD) as server:
        verdict = send(server, username="watch", password=PASSWORD)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "tls")
    assert "AUTH" not in server.steps


def test_without_encryption_nothing_is_said_where_it_is_wanted(server: MailServer) -> None:
    verdict = send(server, tls="starttls", username="watch", password=PASSWORD)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "unsupported")
    assert verdict.detail == f"127.0.0.1:{server.port}: it offers no encryption by STARTTLS"
    assert not {"AUTH", "MAIL"} & set(server.steps)


def test_a_wrong_password_breaks_the_channel_and_is_not_shown(certificate: Path) -> None:
    with mail_server("starttls", server_context(certificate), username="watch", password="other") as server:
        server.will_answer("AUTH", f"535 5.7.8 no: {PASSWORD}")
        verdict = send(server, username="watch", password=PASSWORD, ca_file=str(certificate))
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "SMTP 535")
    assert "refuses the login: 535" in verdict.detail
    assert PASSWORD not in verdict.detail


def test_a_login_that_fails_for_now_is_tried_again(certificate: Path) -> None:
    with mail_server("starttls", server_context(certificate), username="watch", password=PASSWORD) as server:
        server.will_answer("AUTH", *["454 4.7.0 not now"] * 3)
        verdict = send(server, username="watch", password=PASSWORD, ca_file=str(certificate))
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "SMTP 454")


def test_a_server_without_logins_is_said_to_be_one(server: MailServer) -> None:
    server.will_answer("EHLO", "250 plain")
    verdict = send(server, username="watch", password=PASSWORD)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "unsupported")


def test_a_password_that_no_server_takes_is_said_to_be_one(certificate: Path) -> None:
    with mail_server("starttls", server_context(certificate), username="watch", password="x") as server:
        verdict = send(server, username="watch", password="密码", ca_file=str(certificate))
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "unsupported")
    assert "may hold only ASCII" in verdict.detail


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", ".localhost"])
def test_a_host_that_cannot_be_one_is_told_in_a_line(server: MailServer, host: str) -> None:
    verdict = send(server, host=host)
    assert verdict.outcome in {Outcome.TRANSIENT, Outcome.PERMANENT_CHANNEL}
    assert host[:20] in verdict.detail
    assert server.mails == []


def test_an_address_beyond_ascii_is_refused_where_the_server_has_no_way_to_write_it(server: MailServer) -> None:
    verdict = send(server, to=["müller@example.com"])
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "unsupported")


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_a_silent_server_runs_into_the_timeout(server: MailServer, step: str) -> None:
    server.will_answer(step, "wait")
    verdict = send(server, timeout="500ms")
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "timeout")


def test_a_server_that_drips_its_greeting_runs_into_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ending = threading.Event()

        def drip() -> None:
            client, _ = listening.accept()
            with client:
                while not ending.wait(0.02):
                    client.sendall(b"2")

        threading.Thread(target=drip, daemon=True).start()
        verdict = send(MailServer(port=listening.getsockname()[1]), timeout="500ms")
        ending.set()
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "timeout")


def test_nobody_there_is_tried_again() -> None:
    with mail_server() as server:
        pass
    verdict = send(server)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "connection")


def test_a_mail_is_like_a_chat_in_how_it_waits(server: MailServer) -> None:
    given = {"kind": "email", "host": "127.0.0.1", "sender": "watch@example.com", "to": [ANNA]}
    with a_channel(**given) as channel:
        assert (channel.retries, channel.supersedes, channel.windows) == (CHAT_RETRIES, True, ())
