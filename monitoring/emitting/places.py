"""Where a service that emits finds its name, its folder and its own types, without what takes long to import."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consistency.errors import BadEvent
from consistency.event_checks import check_service
from consistency.setting_sources import environment_name, gather

#: What a service is called that has not said its name.
SERVICE = "datasync"
#: Where in the log folder events wait.
FOLDER = "events"
_READ = ("service", "log_dir", "event_types")
_WAYS = ("events_url", "store_url", "database_url")


log = logging.getLogger("reconcilery.events")


@dataclass(frozen=True, slots=True)
class Places:
    """`folder` is where events wait on disk; `leads_out` says whether any setting names a place to send them to."""

    service: str
    folder: Path
    event_types: tuple[str, ...]
    leads_out: bool


def find_places(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> Places:
    """What the environment and reconcilery.toml say; never raises, because what is wrong there is told elsewhere."""
    here = cwd or Path.cwd()
    gathered = gather((*_READ, *_WAYS), (), {}, environ, here)
    found = gathered.values
    return Places(
        service=_service(_text(found.get("service"))),
        folder=(here / (_text(found.get("log_dir")) or "logs")).absolute() / FOLDER,
        event_types=_names(found.get("event_types")),
        leads_out=any(found.get(name) or _in_a_file(name, environ) for name in _WAYS),
    )


def _in_a_file(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(f"{environment_name(name)}_FILE"))


def _service(name: str) -> str:
    """The name, unless events cannot have it: then the usual one, with a line in the log."""
    try:
        return check_service(name) if name else SERVICE
    except BadEvent as error:
        log.warning("%s; until then it is called %s", error, SERVICE)
        return SERVICE


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(name.strip().lower() for name in listed if isinstance(name, str) and name.strip())
