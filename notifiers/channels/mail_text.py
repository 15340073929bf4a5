"""A message as a mail: the text, the same for programs that show HTML, and headers that keep a thread together."""

import html
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from consistency.channel_settings import EmailSettings
from consistency.one_line import one_line
from notifiers.messages.markup import Markup
from notifiers.messages.message import Message
from notifiers.messages.wording import Wording

LARGEST_TEXT = 100_000
_LONGEST_SUBJECT = 200
#: Without bytes above 127, which not every server passes on.
_POLICY = SMTP.clone(cte_type="7bit")
_PRE = '<div style="white-space: pre-wrap">{}</div>'


def _bold(text: str) -> str:
    return f"<b>{text}</b>"


def _link(text: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{text}</a>'


HTML = Markup("html", html.escape, _bold, _link)


def mail(message: Message, settings: EmailSettings, wording: Wording, now: datetime) -> EmailMessage:
    """The mail, the same at every attempt but for its date; all messages of a group answer one that never was."""
    title = wording.title(message)
    domain = settings.sender.rpartition("@")[2]
    found = EmailMessage(_POLICY)
    found["Subject"] = one_line(title, _LONGEST_SUBJECT)
    found["From"] = settings.sender
    found["To"] = ", ".join(settings.to)
    found["Date"] = format_datetime(now)
    found["Message-ID"] = f"<{message.id}@{domain}>"
    found["In-Reply-To"] = found["References"] = f"<{message.thread}@{domain}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(wording.text(message, LARGEST_TEXT))
    found.add_alternative(_as_html(message, title, wording), subtype="html")
    return found


def _as_html(message: Message, title: str, wording: Wording) -> str:
    """The parts by paragraphs, below the title unless the user's own template says what a mail holds."""
    shown = html.escape(title)
    heading = "" if wording.template else f"<h3>{shown}</h3>"
    body = "<br>".join(_PRE.format(part) for part in wording.parts(message, LARGEST_TEXT, HTML))
    head = f'<meta charset="utf-8"><title>{shown}</title>'
    return f"<!doctype html><html><head>{head}</head><body>{heading}{body}</body></html>"
