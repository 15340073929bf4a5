"""Keeps secrets out of everything that is shown, logged or raised."""

import re
from typing import Any

HIDDEN = "***"

_SENSITIVE = r"(?:passw(?:or)?d|passwd|pwd|secret|token|api[-_]?key|authorization|cookie|credential|private[-_]?key)"
_SECRET_NAME = re.compile(_SENSITIVE, re.IGNORECASE)
# Greedy up to the last @, for a password may itself hold an unescaped one.
_URL_PASSWORD = re.compile(r"(://[^\s:/@\"'<>]*):[^\s\"'<>]*@")
_ASSIGNMENT = re.compile(rf"([\w-]*{_SENSITIVE}[\w-]*=)[^&\s\"',;]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic) [\w.~+/=-]+")


def mask_text(text: str) -> str:
    """The text without passwords in URLs, `password=…` assignments and bearer tokens."""
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    text = _ASSIGNMENT.sub(rf"\1{HIDDEN}", text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


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
