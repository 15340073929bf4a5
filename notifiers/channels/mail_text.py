"""A message as a mail: the text, the same for programs that show HTML, and headers that keep a thread together."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from consistency.channel_settings import EmailSettings
from consistency.one_line import one_line
from notifiers.channels.mail_html import mail_html
from notifiers.messages.message import Message
from notifiers.messages.wording import Wording

LARGEST_TEXT = 100_000
_LONGEST_SUBJECT = 200
#: Without bytes above 127, which not every server passes on.
_POLICY = SMTP.clone(cte_type="7bit")


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
    found.add_alternative(mail_html(message, title, wording, LARGEST_TEXT), subtype="html")
    return found
