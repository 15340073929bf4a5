"""Who is asked what the events amount to: whoever gets them, or this process alone where nobody does."""

from datetime import timedelta

from sqlalchemy import Engine

from consistency.database import connect
from consistency.errors import ConfigurationError
from consistency.settings import Settings
from monitoring.answers.answers import Answers
from monitoring.answers.http import HttpAnswers
from monitoring.answers.ledger import LedgerAnswers
from monitoring.answers.memory import MemoryAnswers, Recent
from monitoring.transports.db_managers import engine_of

DEADLINE = timedelta(seconds=10)


def open_answers(settings: Settings, db_manager: object, recent: Recent) -> Answers:
    """Nothing is connected before the first question; `recent` returns what this process remembers of its own events.

    The order is that of the ways out. What goes through Redis ends in the own tables; ConfigurationError if those are
    not known here, for the memory of one process would be no answer.
    """
    if settings.events_url.startswith("http"):
        return HttpAnswers(settings.events_url, settings.events_token.get_secret_value(), DEADLINE)
    engine = _engine(settings, db_manager)
    if engine is None and settings.events_url:
        raise ConfigurationError(
            "events_url: Redis cannot say what events amount to; set RECONCILERY_STORE_URL to the own tables as well"
        )
    return MemoryAnswers(recent) if engine is None else LedgerAnswers(engine, settings)


def _engine(settings: Settings, db_manager: object) -> Engine | None:
    if url := settings.effective_store_url:
        return connect(url, own_file=url != settings.database_url)
    return None if settings.events_url else engine_of(db_manager)
