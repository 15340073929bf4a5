"""Names for events: unique, and in the order of their making, so that an index grows at its end."""

import os
import re
import time
from random import Random

#: What an id may look like that somebody else has given.
EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)

# Asking the system for chance each time would let other threads run, and whoever emits an event would wait for them.
_chance = Random()
os.register_at_fork(after_in_child=_chance.seed)


def new_event_id() -> str:
    """`evt_` and 32 hexadecimal digits: a UUID of version 7, whose time is exact to a quarter of a microsecond.

    The twelve bits behind the milliseconds are their fraction (RFC 9562, section 6.2, method 3), so that events that
    follow each other within one are in order, too.
    """
    moment, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return f"evt_{(moment << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | _chance.getrandbits(62):032x}"
