"""Messages in words: in the language, the zone and the markup of whoever reads them."""

from zoneinfo import ZoneInfo

from notifiers.messages.markup import PLAIN, Markup
from notifiers.messages.message import Message


class Wording:
    """How one channel words messages; safe for threads. `template` is the user's own text, or empty."""

    def __init__(self, language: str, zone: ZoneInfo, template: str = "") -> None:
        self.language, self.zone, self.template = language, zone, template

    def title(self, message: Message) -> str:
        """One line of at most 200 characters, without markup."""
        return message.id

    def parts(self, message: Message, limit: int, markup: Markup = PLAIN) -> tuple[str, ...]:
        """What stands below the title, an alert a part: all of it, joined by blank lines, in `limit` bytes of UTF-8."""
        return (markup.bold(message.id)[:limit],)

    def text(self, message: Message, limit: int, markup: Markup = PLAIN) -> str:
        """Title and parts as one text of at most `limit` bytes of UTF-8; with a template what it says, alone."""
        return "\n\n".join((self.title(message), *self.parts(message, limit, markup)))[:limit]
