"""Keeps secrets out of everything that is shown, logged or raised."""

import re
from typing import Any

HIDDEN = "***"

_SENSITIVE = r"(?:passw(?:or)?d|passwd|pwd|secret|token|api[-_]?key|authorization|cookie|credential|private[-_]?key)"
_SECRET_NAME = re.compile(_SENSITIVE, re.IGNORECASE)
_SECRET_NAME_AT_END = re.compile(_SENSITIVE + r"[\w-]*$", re.IGNORECASE)
_LONGEST_NAME = 64
_WORD = re.compile(r"[^\s\"'<>]+")
_VALUE = re.compile(r"[^&\s\"',;]*")
_BEARER = re.compile(r"\b(Bearer|Basic) [\w.~+/=-]+")


def mask_text(text: str) -> str:
    """The text without passwords in URLs, `password=…` assignments and bearer tokens; linear in its length."""
    if "://" in text and "@" in text:
        text = _WORD.sub(_without_url_password, text)
    if "=" in text:
        text = _without_assigned_secrets(text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def _without_url_password(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    # Up to the last @, for a password may itself hold an unescaped one.
    credentials, _, host = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{separator}{user}:{HIDDEN}@{host}" if colon and "/" not in user else word[0]


def _without_assigned_secrets(text: str) -> str:
    name, *parts = text.split("=")
    shown, inside = [name], False
    for part in parts:
        masked = part
        if inside or _SECRET_NAME_AT_END.search(name[-_LONGEST_NAME:]):
            rest = _VALUE.sub("", part, count=1)
            masked = (HIDDEN if rest != part else "") + rest
            inside = not rest  # The value itself holds a "=" and goes on.
        shown.append(masked)
        name = part
    return "=".join(shown)


def is_secret_name(name: str) -> bool:
    """Whether a key of this name holds a secret: password, token, api_key and their like."""
    return _SECRET_NAME.search(name) is not None


def mask_value(value: Any, name: str = "") -> Any:
    """The value, of any depth of dicts and lists, with secrets replaced; `name` is the key it stands under."""
    if value and is_secret_name(name):
        return HIDDEN
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: mask_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(item) for item in value]
    return value
