"""Mail: one message to all addresses, and at the next attempt only to those who have not got it."""

import json
import smtplib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from consistency.channel_settings import EmailSettings
from consistency.timed_sockets import Deadline
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import token_key
from notifiers.channels.mail_answers import Refused, by_error, by_refusals
from notifiers.channels.mail_session import mail_session
from notifiers.channels.mail_text import mail
from notifiers.channels.parts import ChannelParts
from notifiers.messages.message import Message


class Email:
    """One mail server and those who are written to."""

    windows: tuple[RateWindow, ...] = ()
    supersedes = True
    retries: tuple[timedelta, ...] = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[EmailSettings]) -> None:
        self._settings, self._wording, self._outbound = parts.settings, parts.wording, parts.outbound
        self.limit_key = token_key("email", f"{parts.settings.host}:{parts.settings.port}:{parts.settings.username}")

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """One attempt; `progress` holds who was reached before. A connection lost at the end may mean one mail twice.

        Both have the same Message-ID, by which mail programs know them for one.
        """
        before = _reached(progress)
        waiting = [address for address in self._settings.to if address not in before]
        if not waiting:
            return Verdict(Outcome.OK, "SMTP 250", "everybody has it", progress=progress)
        deadline = Deadline(self._settings.timeout)
        try:
            refused = self._deliver(message, now, waiting, deadline)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return replace(by_error(error, self._settings, deadline), progress=progress)
        taken = [*before, *(address for address in waiting if address not in refused)]
        if not refused:
            return Verdict(Outcome.OK, "SMTP 250", f"taken for {len(taken)} addresses")
        return replace(by_refusals(refused, taken, self._settings), progress=json.dumps(taken) if taken else None)

    def close(self) -> None:
        self._outbound.close()

    def _deliver(self, message: Message, now: datetime, to: Sequence[str], deadline: Deadline) -> Refused:
        """Send it to these, and say whom it was refused for."""
        written = mail(message, self._settings, self._wording, now)
        try:
            with mail_session(self._settings, deadline) as session:
                return session.send_message(written, self._settings.sender, to)
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients


def _reached(progress: str | None) -> list[str]:
    try:
        found = json.loads(progress or "[]")
    except ValueError:
        return []
    return [str(address) for address in found] if isinstance(found, list) else []
