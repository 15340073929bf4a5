"""A conversation with a mail server that is over by one moment, encrypted as the settings say and never less."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from consistency.channel_settings import EmailSettings
from consistency.timed_sockets import Deadline, TimedSocket, open_connection

_READY = 220


@contextmanager
def mail_session(settings: EmailSettings, deadline: Deadline) -> Iterator[smtplib.SMTP]:
    """Connected, encrypted and logged in; raises what smtplib and sockets raise."""
    session = _TimedSmtp(settings, deadline)
    try:
        session.begin()
        yield session
        # The message is taken by now, whatever the server says to the goodbye.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
    finally:
        session.close()


class _TimedSmtp(smtplib.SMTP):
    def __init__(self, settings: EmailSettings, deadline: Deadline) -> None:
        super().__init__(local_hostname=_own_name())
        self._settings = settings
        self._deadline = deadline
        self._bare: socket.socket

    def begin(self) -> None:
        code, reply = self.connect(self._settings.host, self._settings.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, reply)
        if self._settings.tls == "starttls":
            self._encrypt()
        if self._settings.username:
            self._log_in(self._settings.username, self._settings.password.get_secret_value())

    def _get_socket(self, host: str, port: int, _timeout: float | None) -> Any:
        """How smtplib lets its kin make connections of their own."""
        self._bare = open_connection(host, port, self._deadline)
        return self._wrapped() if self._settings.tls == "tls" else self._timed()

    def _encrypt(self) -> None:
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("it offers no encryption by STARTTLS")
        code, reply = self.docmd("STARTTLS")
        if code != _READY:
            raise smtplib.SMTPResponseException(code, reply)
        self.sock = self._wrapped()
        # What was said before the encryption may be a stranger's, so the greeting begins anew.
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def _log_in(self, username: str, password: str) -> None:
        try:
            self.login(username, password)
        except UnicodeError:
            # The error would quote the password.
            raise smtplib.SMTPNotSupportedError("a username and password may hold only ASCII") from None

    def _wrapped(self) -> Any:
        context = ssl.create_default_context(cafile=self._settings.ca_file or None)
        self._bare.settimeout(self._deadline.left())
        self._bare = context.wrap_socket(self._bare, server_hostname=self._settings.host)
        return self._timed()

    def _timed(self) -> Any:
        return TimedSocket(self._bare, lambda: self._deadline)


def _own_name() -> str:
    """The name to greet with. A look-up of a full one could take longer than the whole message may."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
