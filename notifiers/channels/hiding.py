"""Takes a channel's own secrets out of what the other side has answered, for a server may repeat what it was sent."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from consistency.masking import HIDDEN, mask_text

_SHORTEST = 4
_LONG = 16
_LONG_WITH_DIGIT = 6
_ESCAPE = re.compile("%[0-9A-F]{2}")


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


def forms_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets as they may stand in an answer, however they are escaped; what is too short to be one is left out."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    # The longest first, so that no end of one is left when another is its beginning.
    return tuple(sorted(forms, key=len, reverse=True))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, however they are escaped, nor passwords of other kinds."""
    return without(text, forms_of(secrets))


def without(text: str, forms: Iterable[str]) -> str:
    """The same for forms that are worked out already."""
    for form in forms:
        text = text.replace(form, HIDDEN)
    return mask_text(text)


def _forms(secret: str) -> Iterator[str]:
    for plain in {secret, unquote(secret)}:
        quoted = quote(plain, safe="")
        yield from (plain, plain.replace("/", "\\/"), quote_plus(plain))
        yield from (quoted, _ESCAPE.sub(_lower, quoted), quote(quoted, safe=""))


def _lower(escape: re.Match[str]) -> str:
    return escape[0].lower()
