"""Who may use Flower: everybody on this machine may look; beyond it, and to do more, a login is needed."""

from collections.abc import Mapping
from pathlib import Path

from consistency.errors import ConfigurationError
from consistency.one_line import one_line

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BASIC, _FILE, _OTHERS = "FLOWER_BASIC_AUTH", "FLOWER_BASIC_AUTH_FILE", "FLOWER_AUTH"


def logins(environ: Mapping[str, str]) -> list[str]:
    """Each `user:password`, from the variable or the file that one names; ConfigurationError for what is none."""
    given, source = environ.get(_BASIC, ""), _BASIC
    if not given and environ.get(_FILE):
        given, source = _content(environ[_FILE]), _FILE
    found = [login.strip() for login in given.replace("\n", ",").split(",") if login.strip()]
    if not all(login.partition(":")[0] and login.partition(":")[2] for login in found):
        raise ConfigurationError(f"{source}: write user:password, several with commas between them")
    return found


def address(environ: Mapping[str, str], flag: str) -> str:
    """Where Flower listens; ConfigurationError when others could reach it without a login."""
    chosen = flag or environ.get("FLOWER_ADDRESS", "") or LOOPBACK[0]
    if chosen not in LOOPBACK and not has_login(environ):
        raise ConfigurationError(
            f"Flower would show arguments and results to everybody who reaches {one_line(chosen, 100)};"
            f" set {_BASIC}=user:password, or {_FILE}"
        )
    return chosen


def has_login(environ: Mapping[str, str]) -> bool:
    """Whether people have to say who they are."""
    return bool(logins(environ) or environ.get(_OTHERS))


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{_FILE}: {one_line(error)}") from None
