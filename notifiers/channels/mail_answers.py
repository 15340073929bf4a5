"""What a mail server's answers mean: 4xx passes, 5xx stays, and who says it decides whether for one mail or for all."""

import smtplib
from collections.abc import Mapping, Sequence

from consistency.channel_settings import EmailSettings
from consistency.http_trouble import trouble
from consistency.one_line import one_line
from consistency.timed_sockets import Deadline
from notifiers.channels.channel import Outcome, Verdict
from notifiers.channels.hiding import hidden

_LASTING = range(500, 600)
_TOO_LARGE = 552
#: What a server refuses, by the kind of error; the last is the kind of all.
_REFUSED: Mapping[type[smtplib.SMTPResponseException], tuple[str, Outcome]] = {
    smtplib.SMTPAuthenticationError: ("the login", Outcome.PERMANENT_CHANNEL),
    smtplib.SMTPSenderRefused: ("the sender", Outcome.PERMANENT_CHANNEL),
    smtplib.SMTPDataError: ("this mail", Outcome.PERMANENT_MESSAGE),
    smtplib.SMTPResponseException: ("the conversation", Outcome.PERMANENT_CHANNEL),
}
#: The code and words that each refused address was answered with, as smtplib hands them on.
Refused = Mapping[str, tuple[int, bytes]]


def by_error(error: Exception, settings: EmailSettings, deadline: Deadline) -> Verdict:
    """What it means that a mail was not taken at all; for all addresses refused see `by_refusals`."""
    host = f"{settings.host}:{settings.port}"
    match error:
        case smtplib.SMTPResponseException():
            what, lasting = next(meant for kind, meant in _REFUSED.items() if isinstance(error, kind))
            return _answered(error, f"{host} refuses {what}", lasting, settings)
        case smtplib.SMTPServerDisconnected():
            return _lost(ConnectionError(), settings, deadline)
        case smtplib.SMTPException():
            return Verdict(Outcome.PERMANENT_CHANNEL, "unsupported", _shown(f"{host}: {error}", settings))
        case OSError():
            return _lost(error, settings, deadline)
        case _:
            return Verdict(Outcome.PERMANENT_CHANNEL, "settings", _shown(f"{host}: {error}", settings))


def by_refusals(refused: Refused, taken: Sequence[str], settings: EmailSettings) -> Verdict:
    """What it means that some addresses were refused while those of `taken` have the mail, now or since before.

    An address refused for good is a dead message as long as others have it, so that somebody sees it; when nobody
    has it, the channel is broken.
    """
    address, (code, reply) = min(refused.items(), key=lambda item: (item[1][0] in _LASTING, item[0]))
    many = f"{len(refused)} of {len(settings.to)} addresses are refused, such as {address}: {code} {_text(reply)}"
    if code not in _LASTING:
        outcome = Outcome.TRANSIENT
    else:
        outcome = Outcome.PERMANENT_MESSAGE if taken else Outcome.PERMANENT_CHANNEL
    return Verdict(outcome, f"SMTP {code}", _shown(many, settings))


def _answered(error: smtplib.SMTPResponseException, what: str, lasting: Outcome, settings: EmailSettings) -> Verdict:
    code = error.smtp_code
    lasting = Outcome.PERMANENT_MESSAGE if code == _TOO_LARGE else lasting
    detail = _shown(f"{what}: {code} {_text(error.smtp_error)}", settings)
    return Verdict(lasting if code in _LASTING else Outcome.TRANSIENT, f"SMTP {code}", detail)


def _lost(error: Exception, settings: EmailSettings, deadline: Deadline) -> Verdict:
    found = trouble(error, f"smtp://{settings.host}:{settings.port}", deadline)
    return Verdict(Outcome.TRANSIENT, found.code, one_line(found.detail))


def _text(reply: bytes | str) -> str:
    return reply if isinstance(reply, str) else reply.decode("utf-8", "replace")


def _shown(text: str, settings: EmailSettings) -> str:
    password = settings.password.get_secret_value()
    return one_line(hidden(text, [password] if password else []))
