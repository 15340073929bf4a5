"""What a process needs to work: settings, engines, and the rules bound to the application's tables."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, inspect, make_url

from consistency.binding import bind
from consistency.database import connect, connect_in_memory, database_errors
from consistency.errors import ConfigurationError
from consistency.host import BoundRule
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import require_current
from consistency.ledger.tables import metadata
from consistency.settings import Settings

_REBIND_SECONDS = 300


@dataclass
class Resources:
    """Engines are made at first use and kept; a rule is reflected anew every five minutes."""

    settings: Settings
    primary: Engine
    read: Engine
    store: Engine
    _bound: dict[str, tuple[float, BoundRule]] = field(default_factory=dict)

    def rule(self, rule_id: str) -> BoundRule:
        """The rule of that id, held against the tables as they are; MappingError if it does not fit them."""
        known = self._bound.get(rule_id)
        if known and time.monotonic() - known[0] < _REBIND_SECONDS:
            return known[1]
        (mapping,) = self.settings.rule_by_id(rule_id)
        bound = bind(self.primary, mapping, self.settings.big_table_rows)
        if bound.reads_known_formats:
            self._bound[rule_id] = (time.monotonic(), bound)
        return bound

    @property
    def reader(self) -> Engine:
        """The primary for reading: on SQLite its transactions take no write lock."""
        return self.primary.execution_options(readonly=True)

    def dispose(self) -> None:
        """Close all pooled connections."""
        for engine in {self.primary, self.read, self.store}:
            engine.dispose()


def open_resources(settings: Settings, kept: int = 5) -> Resources:
    """Engines for the settings that keep so many connections each; ConfigurationError if no database is configured.

    Nothing is connected yet.
    """
    if not settings.database_url:
        raise ConfigurationError(
            "database_url: no database is configured; set RECONCILERY_DATABASE_URL or database_url in reconcilery.toml"
        )
    primary = connect(settings.database_url, kept=kept)
    read = connect(settings.read_url, kept=kept) if settings.read_url else primary
    store = primary
    if settings.effective_store_url != settings.database_url:
        _make_folder(settings.effective_store_url)
        store = connect(settings.effective_store_url, own_file=True, kept=kept)
    return Resources(settings, primary, read, store)


def _make_folder(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)


def ledger_exists(store: Engine) -> bool:
    """Whether the product's own tables are there."""
    with database_errors(store):
        return inspect(store).has_table("reconcilery_check_runs")


def require_ledger(store: Engine) -> None:
    """Raise LedgerMissing, with the command that helps, unless the product's own tables are as they should be."""
    require_current(store, LEDGER)


def require_repair_tables(primary: Engine) -> None:
    """The same for the tables of repairs, which live in the application's database."""
    require_current(primary, REPAIRS)


def with_private_ledger(resources: Resources) -> Resources:
    """The same resources over a ledger in memory: a check can run, but is forgotten with the process."""
    store = connect_in_memory()
    metadata.create_all(store)
    return Resources(resources.settings, resources.primary, resources.read, store)
