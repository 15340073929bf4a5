"""docs/reference/settings.md, made from the settings themselves so that it never lags behind."""

import json
from collections.abc import Iterator
from typing import Any

from consistency.setting_sources import CONFIG_VARIABLE, FILE_NAME, environment_name
from consistency.settings import SECRETS, Settings

HEAD = f"""\
<!-- Made by scripts/docs from consistency/settings.py; do not edit. -->
# Settings

Environment variables win over `{FILE_NAME}`, and that wins over the defaults.
`{FILE_NAME}` is looked for in the working directory, or where `{CONFIG_VARIABLE}` says.
`reconcilery config show` says what is in force and where it was set, `reconcilery config check` what is wrong.

Durations are a number with a unit, large before small: `500ms`, `30s`, `10m`, `1h30m`, `14d`, `2w`.
An empty variable counts as not set, and an unknown `RECONCILERY_` variable is an error.

| setting | variable | default | meaning |
| --- | --- | --- | --- |
"""
TAIL = f"""
## Secrets

These may hold a password: {{secrets}}.
Each can be read from a file: `{environment_name("redis_url")}_FILE` and its like name it.
They are masked wherever they are shown or logged.

## Rules

`rules` is a list of tables in the file; [map your tables](../howto/map-your-tables.md) shows every key.
`channels`, `routes` and `maintenance` are tables as well; [channels and routes](channels.md) shows every key.
`api_tokens` is a list of tables; [the HTTP API](http.md#tokens) shows every key.
In their variables all five are JSON, and `custom_checks` and `link_hosts` are names with commas between them.

## Other variables

| variable | meaning |
| --- | --- |
| `{CONFIG_VARIABLE}` | the configuration file |
| `RECONCILERY_VENV` | another folder than `.venv` for `scripts/start` and `scripts/test` |
| `RECONCILERY_TEST_POSTGRES_URL` | a server for the tests, instead of a private one |
| `RECONCILERY_TEST_MARIADB_URL` | the same |
| `RECONCILERY_TEST_REDIS_URL` | the same |
| `FLOWER_BASIC_AUTH`, `FLOWER_BASIC_AUTH_FILE` | `user:password` that Flower asks for, or a file with it; without it Flower is read-only and listens on this machine alone |
| `NO_COLOR` | no colours |
"""


def settings_page() -> str:
    """The whole page."""
    secrets = ", ".join(f"`{name}`" for name in SECRETS)
    return HEAD + "".join(f"{row}\n" for row in rows()) + TAIL.format(secrets=secrets)


def rows() -> Iterator[str]:
    """One row of the table for each setting, in the order of the model."""
    defaults = Settings().model_dump(mode="json", exclude={"rules", "runninghub_api_key"})
    for name, field in Settings.model_fields.items():
        default = "[the default rule](../howto/map-your-tables.md#the-default-rule)"
        if name != "rules":
            default = shown(defaults.get(name, ""))
        yield f"| `{name}` | `{environment_name(name)}` | {default} | {field.description} |"


def shown(value: Any) -> str:
    """A default as the file would spell it; nothing where there is none."""
    return f"`{json.dumps(value)}`" if value not in ("", [], {}) else ""
