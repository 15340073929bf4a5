"""Whatever a service calls its database manager, as connections of our own to the same database."""

import inspect
import logging
from typing import Any

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from consistency.database import connect
from consistency.urls import normalise_database_url

log = logging.getLogger(__name__)

#: What holds an engine or an address in the managers that people write, the surest first.
_NAMES = ("sync_engine", "engine", "get_engine", "bind", "get_bind", "url", "database_url")
_DEPTH = 3
_OURS = {"psycopg", "pymysql"}
#: These hand all of an address to the same library as ours.
_ALIKE = {"psycopg2", "psycopg2cffi", "psycopg_async"}
#: What an address may say to our drivers as well as to the one for which it was written.
_COMMON = {
    "postgresql": {"host", "port", "sslmode", "sslcert", "sslkey", "sslrootcert", "target_session_attrs"},
    "mysql": {"charset", "unix_socket", "ssl_ca", "ssl_cert", "ssl_key"},
}


def engine_of(db_manager: object) -> Engine | None:
    """An engine for the manager's database with connections of its own; None, with one warning, if none is found.

    It takes an engine, also an asynchronous one, the text of an address, or an object that has one of them as
    `engine`, `sync_engine`, `get_engine()`, `bind`, `get_bind()`, `url` or `database_url`.
    """
    if db_manager is None:
        return None
    found = _search(db_manager, _DEPTH)
    if found is None:
        log.warning(
            "setup_monitor_interface: no database is found in what was given (%s); give an SQLAlchemy engine or the"
            " text of its URL, or set RECONCILERY_EVENTS_URL",
            type(db_manager).__name__,
        )
    return found


def _search(thing: object, depth: int) -> Engine | None:
    if isinstance(thing, Engine):
        return _of_engine(thing)
    if isinstance(thing, str | URL):
        return _of_url(thing)
    for name in _NAMES if depth else ():
        held = _held(thing, name)
        if held is not None and (found := _search(held, depth - 1)) is not None:
            return found
    return None


def _held(thing: object, name: str) -> object:
    """What stands under that name, called if it is a function; None for whatever goes wrong in code of others."""
    try:
        held = getattr(thing, name, None)
        if inspect.iscoroutinefunction(held):
            return None
        return held() if inspect.isroutine(held) else held
    except Exception:  # noqa: BLE001 - a manager that is not ready raises what it likes
        return None


def _of_engine(engine: Engine) -> Engine | None:
    if engine.driver not in _OURS or engine.dialect.is_async:
        return _of_url(engine.url)
    # A pool of the same making keeps certificates and tokens that stand in no address, and takes no connection away.
    own = Engine(engine.pool.recreate(), engine.dialect, engine.url)
    return own.execution_options(isolation_level="READ COMMITTED")


def _of_url(url: str | URL) -> Engine | None:
    try:
        parsed = make_url(url)
        kind = "mysql" if parsed.get_backend_name() == "mariadb" else parsed.get_backend_name()
        driver = parsed.drivername.partition("+")[2]
        address = normalise_database_url(_with_our_driver(parsed, kind, driver).render_as_string(hide_password=False))
    except (ValueError, SQLAlchemyError):
        return None
    return None if _in_memory(make_url(address)) else connect(address)


def _with_our_driver(url: URL, kind: str, driver: str) -> URL:
    plain = url.set(drivername=kind)
    if not driver or driver in _OURS | _ALIKE or kind not in _COMMON:
        return plain
    query: dict[str, Any] = {name: value for name, value in url.query.items() if name in _COMMON[kind]}
    if kind == "postgresql" and "ssl" in url.query:
        # How asyncpg spells it; its words are those of libpq.
        query.setdefault("sslmode", {"true": "require"}.get(str(url.query["ssl"]), url.query["ssl"]))
    return plain.set(query=query)


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}
