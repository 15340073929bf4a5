"""The commented reconcilery.toml of `config init`, made from the settings themselves so that it never lags behind."""

import json
from typing import Any

from consistency.mapping import DEFAULT_RULE, RuleMapping
from consistency.setting_sources import environment_name
from consistency.settings import SECRETS, Settings

_HEAD = """\
# Settings of Reconcilery. Everything is optional: a line that begins with "#" shows its default.
# Flags and environment variables win over this file; `reconcilery config check` tells what is wrong with it.
# Secrets are better kept out of it: in a variable, or in a file that the variable with _FILE at its end names.
"""
_RULES_HEAD = """\

# Which tasks must have which outputs. Without a rule here, the one below is used; in a rule of your own, what is
# left out is not mapped. Settings from above do not belong below the first [[rules]].
"""


def template() -> str:
    """The whole file; nothing in it is in force until it is uncommented."""
    shown = Settings().model_dump(mode="json", exclude={"rules", "runninghub_api_key"}) | {"runninghub_api_key": ""}
    names = [name for name in Settings.model_fields if name != "rules"]
    return _HEAD + "".join(_entry(name, shown[name]) for name in names) + _RULES_HEAD + _rule(DEFAULT_RULE)


def _entry(name: str, value: Any) -> str:
    secret = f" (better in {environment_name(name)})" if name in SECRETS else ""
    return f"\n# {Settings.model_fields[name].description}{secret}\n#{name} = {_toml(value)}\n"


def _rule(rule: RuleMapping) -> str:
    named = rule.model_dump(mode="json", exclude_defaults=True)
    entries = named | rule.model_dump(mode="json", include={"grace", "late_after", "segments"})
    return "#[[rules]]\n" + "".join(f"#{key} = {_toml(value)}\n" for key, value in entries.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
