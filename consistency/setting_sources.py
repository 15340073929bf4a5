"""Where settings come from: flags, the environment, secret files, reconcilery.toml; gathered, not yet validated."""

import difflib
import json
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "RECONCILERY_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
FILE_NAME = "reconcilery.toml"
#: What scripts/start and scripts/test take for themselves.
_OF_SCRIPTS = {
    f"{PREFIX}{name}" for name in ("VENV", *(f"TEST_{server}_URL" for server in ("POSTGRES", "MARIADB", "REDIS")))
}
_UNPREFIXED = ("log_level", "runninghub_api_key", "runninghub_base_url")


@dataclass(slots=True)
class Gathered:
    """Raw values by setting, the name under which the user wrote each, and what could not even be read."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, name: str, value: Any, origin: str) -> None:
        self.values[name] = value
        self.origins[name] = origin


#: What a variable holds as JSON.
_TABLES = ("rules", "channels", "routes", "maintenance", "api_tokens")
#: Lists that a variable may hold as names with commas between them.
_LISTS = ("custom_checks", "event_types", "link_hosts")


def environment_name(setting: str) -> str:
    """The environment variable of a setting: `log_dir` -> RECONCILERY_LOG_DIR."""
    return setting.upper() if setting in _UNPREFIXED else PREFIX + setting.upper()


def gather(
    settings: Collection[str],
    secrets: Collection[str],
    overrides: Mapping[str, Any],
    environ: Mapping[str, str],
    cwd: Path,
) -> Gathered:
    """The weakest source first, so that the stronger ones write over it. An empty variable counts as not set."""
    gathered = Gathered()
    _read_file(gathered, settings, environ, cwd)
    _read_environment(gathered, settings, secrets, environ, cwd)
    for name, value in overrides.items():
        if value is not None:
            gathered.put(name, value, f"--{name.replace('_', '-')}")
    return gathered


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest known word, or nothing."""
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def _read_file(gathered: Gathered, settings: Collection[str], environ: Mapping[str, str], cwd: Path) -> None:
    named = environ.get(CONFIG_VARIABLE, "")
    path = cwd / (named or FILE_NAME)
    if not named and not path.exists():
        return
    shown = named or FILE_NAME
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        where = f"{CONFIG_VARIABLE}: " if named else ""
        gathered.problems.append(f"{where}{shown} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        gathered.problems.append(f"{shown} is not UTF-8 text; save it as UTF-8")
    except (ValueError, RecursionError) as error:
        gathered.problems.append(f"{shown} is not valid TOML: {error}")
    else:
        _take_keys(gathered, content, settings, shown)


def _take_keys(gathered: Gathered, content: dict[str, Any], settings: Collection[str], shown: str) -> None:
    for key, value in content.items():
        if key in settings:
            gathered.put(key, value, f"{shown}: {key}")
        else:
            gathered.problems.append(f"{shown}: {key} is not a known setting{did_you_mean(key, settings)}")


def _read_environment(
    gathered: Gathered, settings: Collection[str], secrets: Collection[str], environ: Mapping[str, str], cwd: Path
) -> None:
    for name in settings:
        variable = environment_name(name)
        file_variable = f"{variable}_FILE" if name in secrets else ""
        if environ.get(variable) and environ.get(file_variable):
            gathered.problems.append(f"{variable} and {file_variable} are both set; keep one of them")
        elif environ.get(variable):
            _take_variable(gathered, name, variable, environ[variable])
        elif environ.get(file_variable):
            _take_secret(gathered, name, file_variable, cwd / environ[file_variable])
    gathered.problems += _unknown_variables(settings, secrets, environ)


def _take_variable(gathered: Gathered, name: str, variable: str, text: str) -> None:
    if name in _LISTS and not text.lstrip().startswith("["):
        gathered.put(name, [part.strip() for part in text.split(",")], variable)
    elif name in {*_TABLES, *_LISTS}:
        try:
            gathered.put(name, json.loads(text), variable)
        except (ValueError, RecursionError) as error:
            gathered.problems.append(f"{variable} is not valid JSON: {error}")
    else:
        gathered.put(name, text, variable)


def _take_secret(gathered: Gathered, name: str, variable: str, path: Path) -> None:
    try:
        gathered.put(name, path.read_text("utf-8").strip(), variable)
    except OSError as error:
        gathered.problems.append(f"{variable}: {path} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        gathered.problems.append(f"{variable}: {path} is not UTF-8 text")


def _unknown_variables(settings: Collection[str], secrets: Collection[str], environ: Mapping[str, str]) -> list[str]:
    known = {environment_name(name) for name in settings} | {CONFIG_VARIABLE} | _OF_SCRIPTS
    known |= {f"{environment_name(name)}_FILE" for name in secrets}
    strangers = (name for name in sorted(environ) if name.startswith(PREFIX) and name not in known)
    return [f"{name} is not a known variable{_nearest_variable(name, known)}" for name in strangers]


def _nearest_variable(name: str, known: Collection[str]) -> str:
    bare = name.removeprefix(PREFIX)
    return f"; did you mean {bare}?" if bare in known else did_you_mean(name, known)
