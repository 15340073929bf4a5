"""Takes a channel's own secrets out of what the other side has answered, for a server may repeat what it was sent."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from consistency.masking import HIDDEN, mask_text

_SHORTEST = 4
_LETTERS = re.compile("%[0-9A-F]{2}")
_LONG = 16
_LONG_WITH_DIGIT = 6


def secrets_of(url: str) -> Iterator[str]:
    """The pieces of an address that let somebody else speak through it."""
    yield url
    parts = urlsplit(url)
    yield from (text for text in (parts.username, parts.password) if text)
    yield from (value for _, value in parse_qsl(parts.query))
    for piece in parts.path.split("/"):
        digit = any(character.isdigit() for character in piece)
        if len(piece) >= (_LONG_WITH_DIGIT if digit else _LONG):
            yield piece


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, however they are escaped, nor passwords of any form."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    # The longest first, so that no end of one is left when another is its beginning.
    pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return mask_text(re.sub(pattern, HIDDEN, text) if pattern else text)


def _forms(secret: str) -> Iterator[str]:
    for plain in (secret, unquote(secret)):
        quoted = quote(plain, safe="")
        yield from (
            plain,
            plain.replace("/", "\\/"),
            quoted,
            _LETTERS.sub(_lower, quoted),
            quote_plus(plain),
            quote(quoted, safe=""),
        )


def _lower(escape: re.Match[str]) -> str:
    return escape[0].lower()
