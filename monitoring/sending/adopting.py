"""Sends what processes that are dead now have left on this machine's disk, for whoever comes by now and then."""

import json
import time
from pathlib import Path

from consistency.events import WrittenEvent
from monitoring.sending.refused import keep_refused
from monitoring.sending.spool_files import SpoolFile, files_left_behind
from monitoring.transports.transport import Transport


def adopt(folder: Path, way: Transport, seconds: float) -> dict[str, int]:
    """Send whole files for about so many seconds; how many events went out and were refused.

    What is sent of a file is noted nowhere, so one that is begun is also finished, or it would never end.
    Unreachable when the other side takes none, OSError when the refused cannot be laid aside; both lose nothing.
    """
    done = {"adopted": 0, "refused": 0}
    deadline = time.monotonic() + seconds
    for file in files_left_behind(folder):
        try:
            while file.unsent:
                _send_batch(folder, file, way, done)
        finally:
            file.put_down()
        if time.monotonic() >= deadline:
            break
    return done


def whole_events(file: SpoolFile) -> tuple[list[WrittenEvent], int, int]:
    """The next events of somebody else's file, up to where they reach, and how many lines that were.

    A disk that has lost its power may hold anything; what cannot be read is left out.
    """
    batch, end = file.read()
    return [event for event in batch if _is_whole(event)], end, len(batch)


def _send_batch(folder: Path, file: SpoolFile, way: Transport, done: dict[str, int]) -> None:
    events, end, lines = whole_events(file)
    refused = way.send(events) if events else ()
    if refused:
        keep_refused(folder, refused)
    file.forget(end, lines)
    done["adopted"] += len(events) - len(refused)
    done["refused"] += len(refused)


def _is_whole(event: WrittenEvent) -> bool:
    try:
        return isinstance(json.loads(event.body), dict)
    except (ValueError, RecursionError):
        return False
