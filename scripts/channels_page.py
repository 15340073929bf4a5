"""docs/reference/channels.md, made from the models of channels, routes and maintenance windows."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from consistency.channel_settings import CHANNELS, CustomSettings
from consistency.durations import duration_text
from consistency.route_settings import Escalation, MaintenanceSettings, RouteSettings

HEAD = """\
<!-- Made by scripts/docs from consistency/channel_settings.py and route_settings.py; do not edit. -->
# Channels and routes

[How to tell people](../howto/tell-people.md) shows them at work.
Each channel is a table `[channels.NAME]` with a `kind`; the well-known addresses of chats need none.
What may hold a secret can be written out, or be named as `env:VARIABLE` or `file:path`.
It is masked wherever it is shown or logged.

"""


def channels_page() -> str:
    """The whole page."""
    return HEAD + "\n".join(chapter for chapter in chapters())


def chapters() -> Iterator[str]:
    for model in dict.fromkeys([*CHANNELS.values(), CustomSettings]):
        kinds = [f"`{kind}`" for kind, each in CHANNELS.items() if each is model]
        yield chapter(" and ".join(kinds) or "Your own", model)
    yield chapter("Routes: `[[routes]]`", RouteSettings)
    yield chapter("Escalation: the steps in `escalate` of a route", Escalation)
    yield chapter("Maintenance windows: `[[maintenance]]`", MaintenanceSettings)


def chapter(title: str, model: type[BaseModel]) -> str:
    """A heading, what the model says of itself, and a row for each of its keys."""
    rows = "".join(
        f"| `{name}` | {default_of(field.default)} | {field.description} |\n"
        for name, field in model.model_fields.items()
        if name != "kind" or model is CustomSettings
    )
    return f"## {title}\n\n{model.__doc__}\n\n| key | default | meaning |\n| --- | --- | --- |\n{rows}"


def default_of(default: Any) -> str:
    """As the file would spell it; nothing where there is none or it is empty."""
    if default is PydanticUndefined:
        return "needed"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if hasattr(default, "total_seconds"):
        default = duration_text(default)
    return f"`{json.dumps(default)}`" if default not in ("", (), {}, None) else ""
