"""Why a question over HTTP got no answer, as one code and one line that quotes neither address nor headers."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema

from consistency.durations import duration_text
from consistency.timed_sockets import AddressRefused, Deadline

_NO_ADDRESS = (InvalidURL, InvalidSchema, MissingSchema, UnicodeError)


@dataclass(frozen=True, slots=True)
class NoReply:
    """`code` is one of timeout, refused, tls, connection, address, header."""

    code: str
    detail: str


def trouble(error: BaseException, url: str, deadline: Deadline) -> NoReply:
    """What the error comes to for whoever asked."""
    if isinstance(error, AddressRefused):
        return NoReply("refused", str(error))
    if isinstance(error, _NO_ADDRESS):
        return NoReply("address", "this is no address that can be asked; it begins with https:// and names a host")
    if isinstance(error, InvalidHeader):
        return NoReply("header", "a header holds characters that none may have")
    host = host_of(url)
    if deadline.over or isinstance(error, TimeoutError):
        return NoReply("timeout", f"{host} gave no whole answer within {duration_text(deadline.span)}")
    if isinstance(error, ssl.SSLError):
        return NoReply("tls", f"{host} has no valid certificate: {_reason(error)}")
    return NoReply("connection", _unreached(error, host))


def _unreached(error: BaseException, host: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name {host} is not known"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return f"{host} cannot be reached: {error.strerror}"
    return f"{host} broke off before it had answered"


def _reason(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or error.reason or type(error).__name__


def host_of(url: str) -> str:
    """The host of an address as it may be shown, with a port that is not the usual one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    return f"{host or 'the host'}{f':{port}' if port else ''}"
