"""Who can say what the events amount to."""

from typing import Any, Protocol

Answer = dict[str, Any]


class Answers(Protocol):
    """Blocking; each answer is one JSON object. Raises ReconcileryError when whoever knows cannot be asked."""

    def sync_metrics(self, hours: float) -> Answer:
        """What became of synchronisations in the last hours."""

    def cleanup_metrics(self, days: float) -> Answer:
        """What became of cleanups in the last days."""

    def migration_metrics(self, days: float) -> Answer:
        """What became of migrations in the last days."""

    def comprehensive_status(self) -> Answer:
        """Everything in one object, `status` first."""

    def close(self) -> None:
        """Close what is kept open."""
