"""Names for events: unique, and in the order of their making, so that an index grows at its end."""

import os
import re
import time

#: What an id may look like that somebody else has given.
EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)


def new_event_id() -> str:
    """`evt_` and 32 hexadecimal digits: a UUID of version 7, milliseconds first (RFC 9562, section 5.7)."""
    moment = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    high, low = chance >> 68, chance & ((1 << 62) - 1)
    return f"evt_{(moment << 80) | (7 << 76) | (high << 64) | (2 << 62) | low:032x}"
