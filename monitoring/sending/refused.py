"""Events that nobody will ever take: they are laid aside with the reasons, for a person to look at."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from consistency.journal_files import locked
from monitoring.transports.transport import Refused

REFUSED = "refused.jsonl"
#: From which size on a new file is begun; one older file is kept.
_FULL = 32 * 1024 * 1024


def keep_refused(folder: Path, refused: Sequence[Refused]) -> None:
    """Add them to refused.jsonl in that folder; OSError when that cannot be written."""
    path = folder / REFUSED
    lines = b"".join(_aside(each) for each in refused)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(path, os.O_CREAT) as descriptor:
        os.write(descriptor, lines)
        if os.fstat(descriptor).st_size > _FULL:
            path.replace(path.with_suffix(".1.jsonl"))


def _aside(refused: Refused) -> bytes:
    reason = json.dumps(refused.reason, ensure_ascii=False)
    name = json.dumps(refused.event.id)
    return b'{"reason":%b,"id":%b,"event":%b}\n' % (
        reason.encode("utf-8", "replace"),
        name.encode(),
        refused.event.body,
    )
