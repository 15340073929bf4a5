"""Takes a channel's own secrets out of what the other side has answered, for a server may repeat what it was sent.

A secret is found as it is written, in base64, and with any of its characters escaped as addresses, JSON and HTML do.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.entities import codepoint2name
from urllib.parse import parse_qsl, unquote, urlsplit

from consistency.masking import HIDDEN, mask_text

_SHORTEST = 4
_SHORTEST_BASE64 = 6
_LONG = 16
_LONG_WITH_DIGIT = 6
_PLAIN_RUN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Form:
    """One secret. `anchor` is the longest piece of it that no escape changes; `encoded` is what base64 makes of it."""

    secret: str
    anchor: str
    encoded: tuple[str, ...]

    def taken_out_of(self, text: str) -> str:
        """The text without it."""
        for each in self.encoded:
            text = text.replace(each, HIDDEN)
        return _pattern(self.secret).sub(HIDDEN, text) if self.anchor in text else text


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


def forms_of(secrets: Iterable[str]) -> tuple[Form, ...]:
    """The secrets as they are looked for; what is too short to be one is left out."""
    plain = {form for secret in secrets if len(secret) >= _SHORTEST for form in (secret, unquote(secret))}
    # The longest first, so that no end of one is left when another is its beginning.
    return tuple(_form(secret) for secret in sorted(plain, key=len, reverse=True))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, however they are escaped, nor passwords of other kinds."""
    return without(text, forms_of(secrets))


def without(text: str, forms: Iterable[Form]) -> str:
    """The same for forms that are worked out already."""
    for form in forms:
        text = form.taken_out_of(text)
    return mask_text(text)


def _form(secret: str) -> Form:
    runs = _PLAIN_RUN.findall(secret)
    return Form(secret, max(runs, key=len, default=""), tuple(sorted(set(_in_base64(secret)))))


def _in_base64(secret: str) -> Iterator[str]:
    """Of each of the three places where it may begin in a longer text, the characters that it alone decides."""
    written = secret.encode("utf-8", "replace")
    for place in range(3):
        first, last = -(-8 * place // 6), 8 * (place + len(written)) // 6
        found = b64encode(bytes(place) + written).decode()[first:last]
        if len(found) >= _SHORTEST_BASE64:
            yield from (found, found.replace("+", "-").replace("/", "_"))


@lru_cache(256)
def _pattern(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_character, secret)))


@lru_cache(1024)
def _character(character: str) -> str:
    """What matches it, as it is or escaped, also more than once."""
    if character.isascii() and character.isalnum():
        return character
    code, utf16 = ord(character), character.encode("utf-16-be", "replace").hex()
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode("utf-8", "replace"))
    unicode = "".join(rf"\\+u{utf16[start : start + 4]}" for start in range(0, len(utf16), 4))
    name = codepoint2name.get(code)
    entity = "&(?:amp;)*(?:" + "|".join([f"#0*{code}", f"#x0*{code:x}", *([name] if name else [])]) + ");"
    as_it_is = [rf"\\*{re.escape(character)}", *([r"\+"] if character == " " else [])]
    return f"(?:{'|'.join(as_it_is)}|(?i:{percent}|{unicode}|{entity}))"
