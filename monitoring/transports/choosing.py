"""Which way out there is: the one that is set, else the own tables, else the database of the service itself."""

from datetime import timedelta

from consistency.database import connect
from consistency.settings import Settings
from monitoring.transports.db_managers import engine_of
from monitoring.transports.ledger import LedgerTransport
from monitoring.transports.transport import Transport

DEADLINE = timedelta(seconds=10)


def open_transport(settings: Settings, db_manager: object = None) -> Transport | None:
    """The way out; nothing is connected before the first batch. None if events lead nowhere.

    What an operator has set comes before what the program hands over: the program's database need not be the one
    that has the own tables.
    """
    if settings.events_url.startswith("http"):
        from monitoring.transports.http import HttpTransport  # noqa: PLC0415 - only who uses it pays for it

        return HttpTransport(settings.events_url, settings.events_token.get_secret_value(), DEADLINE)
    if settings.events_url:
        from monitoring.transports.redis_stream import RedisTransport  # noqa: PLC0415 - the same

        return RedisTransport(settings.events_url, settings.key_prefix)
    if url := settings.effective_store_url:
        engine = connect(url, own_file=url != settings.database_url)
        return LedgerTransport(engine, settings.tell_events_from, settings.routed_types)
    engine_given = engine_of(db_manager)
    if engine_given is None:
        return None
    return LedgerTransport(engine_given, settings.tell_events_from, settings.routed_types)
