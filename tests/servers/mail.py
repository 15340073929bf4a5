"""A mail server that keeps what it takes, and refuses what it is told to refuse."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Mail:
    """One mail as it was taken: from whom, to whom, and what it says."""

    sender: str
    to: list[str]
    raw: bytes
    encrypted: bool
    login: bytes

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class MailServer:
    """`tls` is starttls, tls or none. What `answers` holds for a step (MAIL, RCPT, DATA, an address) is said once."""

    tls: str = "none"
    context: SSLContext | None = None
    username: str = ""
    password: str = ""
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    #: Each step and address that was seen, in order.
    steps: list[str] = field(default_factory=list)
    answers: dict[str, deque[str]] = field(default_factory=dict)

    def will_answer(self, step: str, *answers: str) -> None:
        """These, one each time, before it is honest again; `hang up` ends the conversation, `wait` never answers."""
        self.answers.setdefault(step, deque()).extend(answers)

    async def handle_EHLO(  # noqa: N802 - as the library calls it
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self._answer(server, "EHLO")
        return responses if answer is None else [answer]

    async def handle_MAIL(  # noqa: N802 - as the library calls it
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (answer := await self._answer(server, "MAIL")) is not None:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        for step in ("RCPT", address):
            if (answer := await self._answer(server, step)) is not None:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if (answer := await self._answer(server, "DATA")) is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        login = getattr(session.auth_data, "login", b"")
        encrypted = session.ssl is not None or self.tls == "tls"
        self.mails.append(Mail(str(envelope.mail_from), envelope.rcpt_tos, envelope.content, encrypted, login))
        return "250 taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        """Whether that is the account; the library answers 535 if it is not."""
        assert isinstance(data, LoginPassword)
        self.steps.append("AUTH")
        if said := self._said("AUTH"):
            return AuthResult(success=False, handled=False, message=said)
        given = data.login.decode(), data.password.decode()
        return AuthResult(success=given == (self.username, self.password), handled=False, auth_data=data)

    def _said(self, step: str) -> str:
        said = self.answers.get(step)
        return said.popleft() if said else ""

    async def _answer(self, server: SMTP, step: str) -> str | None:
        self.steps.append(step)
        said = self._said(step)
        if said == "hang up":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        elif said == "wait":
            await asyncio.Event().wait()
        return said or None

    def protocol(self) -> SMTP:
        """What speaks with one client."""
        return SMTP(
            self,
            loop=asyncio.get_running_loop(),
            hostname="mail.example",
            tls_context=self.context if self.tls == "starttls" else None,
            authenticator=self.authenticate,
            auth_require_tls=self.tls == "starttls",
        )


@contextmanager
def mail_server(tls: str = "none", context: SSLContext | None = None, **more: Any) -> Iterator[MailServer]:
    """A mail server on 127.0.0.1 for the time of the block."""
    found = MailServer(tls, context, **more)
    loop, ready, ending = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        implicit = context if tls == "tls" else None
        server = await loop.create_server(found.protocol, "127.0.0.1", 0, ssl=implicit)
        found.port = server.sockets[0].getsockname()[1]
        ready.set()
        await ending.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
        loop.close()
