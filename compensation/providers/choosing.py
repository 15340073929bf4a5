"""From the settings to the provider that they name: RunningHub, a folder, a web address, or one of the user's own."""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from compensation.provider import OutputProvider
from compensation.providers.json_source import JsonEndpoint, JsonFolder
from compensation.providers.runninghub import RunningHub
from consistency.errors import ConfigurationError
from consistency.one_line import one_line
from consistency.settings import Settings

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_PARTS = ("name", "link_field", "own_hosts", "fetch", "check", "close")


def provider_of(settings: Settings, name: str | None = None) -> OutputProvider:
    """The provider called `name`, by default the configured one; ConfigurationError names the key and the fix.

    A folder need not be there yet.
    """
    named = (settings.provider if name is None else name).strip()
    if named == "runninghub":
        return _runninghub(settings)
    if named.startswith(("http://", "https://")):
        return JsonEndpoint(named, settings.provider_timeout)
    if _DOTTED.fullmatch(named):
        return _own(named, settings)
    if not named:
        raise ConfigurationError(
            "provider is empty; write runninghub, a folder, a web address with {id}, or m:function"
        )
    return JsonFolder(Path(named).expanduser())


def require_provider(settings: Settings) -> None:
    """ConfigurationError when the configured provider cannot be used; nobody is asked."""
    provider_of(settings).close()


def _runninghub(settings: Settings) -> RunningHub:
    key = settings.runninghub_api_key.get_secret_value()
    if not key.strip():
        raise ConfigurationError(
            "runninghub_api_key is not set: set RUNNINGHUB_API_KEY, or name another provider in RECONCILERY_PROVIDER"
        )
    return RunningHub(settings.runninghub_base_url, key, settings.provider_timeout)


def _own(named: str, settings: Settings) -> OutputProvider:
    function = _function(named)
    try:
        provider = function(settings)
        lacking = [part for part in _PARTS if not hasattr(provider, part)]
    except ConfigurationError:
        raise
    except Exception as error:
        what = one_line(f"{type(error).__name__}: {error}")
        raise ConfigurationError(f"provider {named} cannot be used: it failed with {what}") from error
    if lacking:
        kind = type(provider).__name__
        raise ConfigurationError(
            f"provider {named} cannot be used: what it returned ({kind}) has no {', '.join(lacking)}"
        )
    made: OutputProvider = provider
    return made


def _function(named: str) -> Callable[[Settings], Any]:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # Celery's own command line looks for modules here too.
    module, _, attribute = named.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        what = one_line(f"{type(error).__name__}: {error}")
        raise ConfigurationError(f"provider {named} cannot be imported: {what}") from error
    if not callable(function):
        raise ConfigurationError(f"provider {named} cannot be used: it is no function")
    checked: Callable[[Settings], Any] = function
    return checked
