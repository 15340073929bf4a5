"""What `doctor` looks at on the way that events go from here."""

from collections.abc import Iterator
from functools import partial

from cli.diagnosis import Diagnosis, State, diagnosis, examined
from consistency.settings import Settings
from monitoring.emitting.places import FOLDER
from monitoring.sending.refused import REFUSED
from monitoring.sending.spool_files import SUFFIX
from monitoring.transports.choosing import open_transport
from monitoring.transports.http import HttpTransport
from monitoring.transports.ledger import LedgerTransport
from monitoring.transports.redis_stream import RedisTransport

#: More than these are not collected within a few turns.
MANY = 10_000
_WAY, _DISK = "events", "events on disk"


def examine_events(settings: Settings) -> Iterator[Diagnosis]:
    """Whether they would be taken, and what waits on this machine's disk; nothing is sent."""
    mend = "correct RECONCILERY_EVENTS_URL" if settings.events_url else "mend the database or the own tables, see above"
    yield from examined(_WAY, partial(_way, settings), f"{mend}; events wait on disk meanwhile")
    yield from examined(_DISK, partial(_disk, settings))


def _way(settings: Settings) -> Iterator[Diagnosis]:
    transport = open_transport(settings)
    if transport is None:
        yield diagnosis(_WAY, State.WARN, "lead nowhere: neither a database nor events_url is set")
        return
    try:
        if isinstance(transport, HttpTransport | LedgerTransport):
            transport.probe()
        waiting = transport.waiting() if isinstance(transport, RedisTransport) else 0
    finally:
        transport.close()
    if waiting > MANY:
        message = f"{waiting} wait in {transport.name} to be collected"
        yield diagnosis(_WAY, State.WARN, message, "celery -A monitor_tasks worker, and beat beside it")
    else:
        there = f", where {waiting} wait to be collected" if isinstance(transport, RedisTransport) else ""
        yield diagnosis(_WAY, State.OK, f"go to {transport.name}{there}")


def _disk(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.log_dir.absolute() / FOLDER
    sizes = [path.stat().st_size for path in folder.glob(f"*{SUFFIX}")]
    refused = sorted(path.name for path in folder.glob(f"{REFUSED.partition('.')[0]}*"))
    waiting = f"{sum(sizes)} bytes in {len(sizes)} files wait to be sent" if sum(sizes) else "none waits to be sent"
    if refused:
        message = f"{waiting}; some were refused and lie in {folder / refused[0]} with the reasons"
        yield diagnosis(_DISK, State.WARN, message, "read it, mend who emits them, and delete the file")
    else:
        yield diagnosis(_DISK, State.OK, waiting)
