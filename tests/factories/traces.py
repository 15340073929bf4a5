"""Looks for secrets in what a program has left behind, however they are written."""

import html
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

import redis
from sqlalchemy import Engine, select

from consistency.database import transaction
from consistency.ledger.repair_tables import repair_metadata
from consistency.ledger.tables import metadata


def traces_of(secrets: Iterable[str], text: str) -> set[str]:
    """Those of the secrets that stand in the text in some form."""
    return {secret for secret in secrets if any(form in text for form in _forms(secret))}


@cache
def _forms(secret: str) -> frozenset[str]:
    return frozenset(_written(secret))


def _written(secret: str) -> Iterator[str]:
    for plain in {secret, unquote(secret)}:
        escaped = json.dumps(plain)[1:-1]
        quoted = quote(plain, safe="")
        yield from (plain, quoted, quoted.lower(), quote(plain), quote_plus(plain), quote(quoted, safe=""))
        yield from (escaped, escaped.replace("/", "\\/"), escaped.replace("=", "\\u003d"), html.escape(plain))
        for place in range(3):
            # What stands around it decides the characters at both ends.
            found = b64encode(bytes(place) + plain.encode()).decode()[4 if place else 0 :].rstrip("=")[:-1]
            yield from (found, found.replace("+", "-").replace("/", "_")) if len(found) > 5 else ()


def files_below(folder: Path) -> dict[str, str]:
    """Every file of a folder."""
    return {str(path): path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}


def rows_of_own_tables(engine: Engine) -> dict[str, str]:
    """Every row of every table of ours."""
    found: dict[str, str] = {}
    with transaction(engine) as connection:
        for table in (*metadata.sorted_tables, *repair_metadata.sorted_tables):
            rows = [tuple(map(str, row)) for row in connection.execute(select(table))]
            found |= {f"{table.name} {number}": "\n".join(row) for number, row in enumerate(rows)}
    return found


def keys_of_redis(url: str) -> dict[str, str]:
    """Every key with what it holds, not packed as a dump would be."""
    with redis.Redis.from_url(url) as client:
        return {key.decode(): str(_held(client, key)) for key in client.scan_iter()}


def _held(client: redis.Redis, key: bytes) -> object:
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"hash":
            return client.hgetall(key)
        case b"set":
            return client.smembers(key)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case b"none":
            return "gone since the keys were listed"
        case other:
            raise AssertionError(f"{key!r} is a {other!r}")
