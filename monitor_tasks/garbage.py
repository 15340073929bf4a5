"""Keeps a worker alive when somebody puts something on its queue that is no message.

Kombu 5.7 lets the error of decoding such an entry end the worker's main process, after the entry has left the queue.
"""

from queue import Empty
from typing import Any

import structlog
from kombu.transport.redis import Channel

log = structlog.get_logger(__name__)
_NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError)


def discard_garbage() -> None:
    """Make the Redis transport drop what it cannot read, with one line in the log."""
    read = Channel._brpop_read  # noqa: SLF001 - kombu offers no other place to look at an entry

    def read_messages_only(channel: Any, **options: Any) -> Any:
        try:
            return read(channel, **options)
        except _NO_MESSAGE as error:
            log.warning("queue.garbage_dropped", reason=f"{type(error).__name__}: {error}"[:200])
            raise Empty from None

    if not getattr(read, "drops_garbage", False):
        read_messages_only.drops_garbage = True  # type: ignore[attr-defined]
        Channel._brpop_read = read_messages_only  # noqa: SLF001 - the same
