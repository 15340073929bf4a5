"""Names of channels as they are typed."""

from sqlalchemy import Connection

from consistency.errors import BadRequest
from consistency.settings import Settings
from notifiers.channels.choosing import Channels
from notifiers.deliveries.listing import latest_deliveries


def require_channel(connection: Connection, settings: Settings, name: str | None) -> None:
    """BadRequest for a channel that is not set up, unless it once was and its messages are still kept."""
    if name is None:
        return
    try:
        Channels(settings).settings_of(name)
    except BadRequest as error:
        if not latest_deliveries(connection, name, None, 1):
            raise BadRequest(f"--{error}") from None
