"""Turns what pydantic found into one line: the key as the user wrote it, what is wrong, and the fix."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from consistency.channel_settings import CHANNELS
from consistency.mapping import ChildMapping, Condition, ParentMapping, RuleMapping
from consistency.route_settings import Escalation, MaintenanceSettings, RouteSettings
from consistency.setting_sources import did_you_mean
from consistency.token_settings import TokenSettings

_MODELS: Mapping[str, type[BaseModel]] = {
    "rules": RuleMapping,
    "parent": ParentMapping,
    "child": ChildMapping,
    "where": Condition,
    "routes": RouteSettings,
    "escalate": Escalation,
    "maintenance": MaintenanceSettings,
    "api_tokens": TokenSettings,
}
_MUST_BE = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "tuple_type": 'must be a list, such as ["a", "b"]',
    "dict_type": 'must be a table, such as {key = "value"}',
    "model_type": 'must be a table, such as {key = "value"}',
    "too_short": "must not be empty",
    "timezone_aware": "needs a zone, such as 2026-01-01T00:00:00Z",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "path_type": "must be a path as text",
    "string_unicode": "holds characters that are not valid text",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "literal_error": ("expected", "one of"),
    "enum": ("expected", "one of"),
}
_CHANNEL_NAME = "write 1 to 64 of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit"
_PATTERNS = {
    "type_prefix": "must be lower-case letters, digits, dots and '-', such as com.example",
    "id": "must be 1 to 64 of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit",
    "sha256": "must be the 64 hexadecimal digits that `reconcilery config token` prints",
    "name": "must be 1 to 64 letters, digits, spaces and . _ - : / @, a letter or digit first",
    "key_prefix": "must be 1 to 64 letters, digits, ':', '.', '_' or '-'",
}


def describe_errors(error: ValidationError, origins: Mapping[str, str], settings: Collection[str]) -> list[str]:
    """One line for each thing that is wrong, in the order of the settings."""
    return [_describe(detail, origins, settings) for detail in error.errors(include_url=False, include_input=False)]


def _describe(detail: ErrorDetails, origins: Mapping[str, str], settings: Collection[str]) -> str:
    name, *path = detail["loc"] or ("settings",)
    if name == "channels":
        if path[1:] == ["[key]"]:
            return f"{origins.get(name, name)}: {path[0]!r:.80} is no name of a channel: {_CHANNEL_NAME}"
        path[1:2] = []  # Pydantic puts the kind there, which the user has not written in the path.
    # Keys of `columns` are the user's own; pydantic marks an error in one by this word.
    written = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != "[key]")
    has_kind = not detail["type"].startswith("union_tag")
    reason = _reason(detail, settings) if has_kind else _kind_reason(detail.get("ctx", {}).get("tag"))
    space = "" if reason.startswith((".", "[")) else " "
    return f"{origins.get(str(name), str(name))}{written}{space}{reason}"


def _reason(detail: ErrorDetails, settings: Collection[str]) -> str:
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    model = _model_at(detail["loc"])
    match detail["type"]:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "missing":
            return f"is missing: {_description(model, key)}"
        case "extra_forbidden":
            return _unknown_key(key, model, settings)
        case "string_pattern_mismatch":
            return _PATTERNS.get(key, "holds a character that no name can have")
        case kind if kind in _BOUNDS:
            return _bound_reason(kind, detail["ctx"])
        case kind:
            return _MUST_BE.get(kind, detail["msg"])


def _kind_reason(kind: str | None) -> str:
    own = "or your own class as module:name"
    if kind is None:
        return f"needs a kind: one of {', '.join(CHANNELS)}, {own}"
    hint = did_you_mean(kind, CHANNELS) or f"; known are {', '.join(CHANNELS)}, {own}"
    return f"has the unknown kind {kind[:40]!r}{hint}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    if location and location[0] == "channels":
        return CHANNELS.get(str(location[2])) if len(location) > 2 else None  # noqa: PLR2004 - channels, name, kind
    tables = [part for part in location[:-1] if isinstance(part, str)]
    return _MODELS.get(tables[-1]) if tables else None


def _description(model: type[BaseModel] | None, key: str) -> str:
    found = model.model_fields.get(key) if model else None
    return (found.description if found else None) or "needed"


def _unknown_key(key: str, model: type[BaseModel] | None, settings: Collection[str]) -> str:
    known = list(model.model_fields) if model else []
    if key in settings:
        return "is a setting of its own; move it above the first [[rules]]"
    return f"is not a known key{did_you_mean(key, known) or '; known are ' + ', '.join(known)}"


def _bound_reason(kind: str, context: Mapping[str, Any]) -> str:
    key, phrase = _BOUNDS[kind]
    return f"must be {phrase} {context[key]}"
