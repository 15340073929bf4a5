"""The way out that the settings name; what takes long to import is imported here, in the sender's own thread."""

from monitoring.transports.recent import Recent
from monitoring.transports.transport import Transport


def open_way(db_manager: object, recent: Recent) -> Transport:
    """The way out, or the memory where there is none; ReconcileryError when a setting is wrong."""
    from consistency.settings import load_settings  # noqa: PLC0415 - as the module says
    from monitoring.transports.choosing import open_transport  # noqa: PLC0415 - the same

    found = open_transport(load_settings(), db_manager)
    return recent if found is None else found
