"""The two sets of own tables: the ledger, which may live anywhere, and those of repairs, which live with the target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData

from consistency.ledger import alert_tables, count_tables, delivery_tables, event_tables, repair_copies
from consistency.ledger.repair_tables import repair_metadata
from consistency.ledger.tables import ANY_SCRIPT, metadata


@dataclass(frozen=True)
class OwnTables:
    """Tables that are made and changed together; `versions` is where their changes lie, below `migrations`.

    `revisions` are all changes there are, oldest first; the last is what this program needs.
    """

    title: str
    metadata: MetaData
    version_table: str
    revisions: tuple[str, ...]
    versions: str

    @property
    def is_ours(self) -> Callable[..., bool]:
        """For Alembic: these tables and what belongs to them, and nothing of the application's."""

        def decide(item: object, name: str | None, kind: str, *_: object) -> bool:
            table: Any = item if kind == "table" else getattr(item, "table", None)
            return (name if kind == "table" else getattr(table, "name", None)) in self.metadata.tables

        return decide


# What stands in rooms of its own belongs to the ledger too.
_ROOMS = (
    alert_tables.alerts,
    delivery_tables.deliveries,
    event_tables.events,
    count_tables.counts,
    repair_copies.repair_copies,
)
assert {table.metadata for table in _ROOMS} == {metadata}
for _table in (*metadata.tables.values(), *repair_metadata.tables.values()):
    _table.dialect_kwargs.update(ANY_SCRIPT)
_CHANGES = ("0001", "0002", "0003", "0004", "0005")
LEDGER = OwnTables("own tables", metadata, "reconcilery_schema_version", _CHANGES, "versions")
REPAIRS = OwnTables("repair tables", repair_metadata, "reconcilery_repair_version", ("0001",), "repair/versions")
