"""Channels as the settings make them, for tests that send by them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from consistency.settings import Settings
from notifiers.channels.channel import Channel
from notifiers.channels.choosing import Channels


@contextmanager
def a_channel(**settings: Any) -> Iterator[Channel]:
    """The channel with these settings for the time of the block."""
    channels = Channels(Settings(channels={"it": settings}))
    try:
        yield channels.channel("it")
    finally:
        channels.close()
