"""What a database or Redis URL may look like. The errors never quote the URL, for it holds a password."""

from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}
_KINDS = "postgresql://, mysql:// (also mariadb://) or sqlite:///"
_LARGEST_PORT = 65535


def normalise_database_url(text: str) -> str:
    """The URL with the driver that is installed; raises ValueError for anything but the three kinds."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        raise ValueError(f"is not a URL; it starts with {_KINDS}")
    driver = _DRIVERS.get(scheme.lower())
    if driver is None:
        raise ValueError(_unknown(scheme.lower()))
    normalised = f"{driver}://{rest}"
    _check_parts(_parsed(normalised))
    return normalised


def check_redis_url(text: str) -> str:
    """The URL of a Redis server, stripped; raises ValueError when it is none."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        readable = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        readable = False
    if not readable or not (parts.path in {"", "/"} or parts.path[1:].isdecimal()):
        raise ValueError("is not the URL of a Redis server; write redis://:password@host:6379/0 (rediss:// for TLS)")
    return text


def check_http_url(text: str) -> str:
    """An http(s) URL without its trailing slash; raises ValueError when it is none."""
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        readable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        readable = False
    if not readable:
        raise ValueError("is not a web address; write https://host")
    return text


def check_events_url(text: str) -> str:
    """Where events may be sent: the address of an HTTP API or of a Redis server, or nothing; ValueError otherwise."""
    kind = text.strip().partition("://")[0].lower()
    if kind in {"redis", "rediss"}:
        return check_redis_url(text)
    if kind in {"http", "https"}:
        return check_http_url(text)
    if text.strip():
        raise ValueError("is neither a web address nor Redis; write https://host:5000 or redis://:password@host:6379/0")
    return ""


def _unknown(scheme: str) -> str:
    kind, _, driver = scheme.partition("+")
    if driver and kind in _DRIVERS:
        return f"asks for the driver {driver[:40]!r}, which is not used here; leave it out and write {kind}://"
    return f"is of the unknown kind {scheme[:40]!r}; known are {_KINDS}"


def _parsed(url: str) -> URL:
    # What the parser says can quote a piece of the password, so it is dropped.
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(_malformed()) from None


def _check_parts(url: URL) -> None:
    if url.drivername == "sqlite":
        if url.host:
            raise ValueError(
                "needs three slashes before a relative path and four before an absolute one: sqlite:///app.db"
            )
    elif "@" in (url.host or "") or not 0 < (url.port or 1) <= _LARGEST_PORT:
        raise ValueError(_malformed())


def _malformed() -> str:
    return (
        "cannot be read; write kind://user:password@host:port/name, with @ : / and % in the password as %40 %3A %2F %25"
    )
