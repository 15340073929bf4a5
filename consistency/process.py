"""What one process keeps for as long as it lives: its settings, engines and Redis client."""

from functools import cache

from redis import Redis

from consistency.latest import connect
from consistency.resources import Resources, open_resources
from consistency.settings import Settings, load_settings


@cache
def process_settings() -> Settings:
    """The settings as they were when this process first asked."""
    return load_settings()


@cache
def process_resources() -> Resources:
    """The engines of this process."""
    return open_resources(process_settings())


@cache
def process_redis() -> Redis:
    """The Redis client of this process."""
    return connect(process_settings())


def forget_inherited() -> None:
    """In a forked child: make new connections instead of sharing the parent's."""
    process_resources.cache_clear()
    process_redis.cache_clear()
