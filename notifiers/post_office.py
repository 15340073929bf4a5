"""What a process sends with, made at first use and kept: its channels, their limits, a name."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import redis

from consistency.process import process_redis, process_resources
from consistency.resources import Resources
from consistency.shared import Shared
from notifiers.channels.choosing import Channels
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.post import Post


@cache
def process_post() -> Post:
    """The post of this process, which shares the limits of channels with all others through Redis."""
    resources = process_resources()
    return _post(resources, Channels(resources.settings), process_redis())


@contextmanager
def post_for(resources: Resources, client: redis.Redis | None) -> Iterator[Post]:
    """A post for one command; without a Redis client each limit holds for this process alone."""
    channels = Channels(resources.settings)
    try:
        yield _post(resources, channels, client)
    finally:
        channels.close()


def _post(resources: Resources, channels: Channels, client: redis.Redis | None) -> Post:
    limiter = Limiter(Shared(client), resources.settings.key_prefix)
    return Post(resources, channels, limiter, f"{socket.gethostname()}:{os.getpid()}")
