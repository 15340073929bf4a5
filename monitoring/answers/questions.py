"""What can be asked of the interface: each question for programs that wait, and for asyncio."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from monitoring.answers.answers import Answer, Answers


class Questions(ABC):
    """Each raises BadRequest for a wrong span, and ReconcileryError when whoever knows the answer cannot be asked."""

    def comprehensive_status(self) -> Answer:
        """All that is known of the services, `status` first."""
        return self._ask(lambda answers: answers.comprehensive_status())

    def sync_metrics(self, hours: float = 24) -> Answer:
        """What became of synchronisations in the last hours: `sync_success_count`, `success_rate` and more."""
        return self._ask(lambda answers: answers.sync_metrics(hours))

    def cleanup_metrics(self, days: float = 7) -> Answer:
        """What became of cleanups in the last days: `total_records_deleted` and more."""
        return self._ask(lambda answers: answers.cleanup_metrics(days))

    def migration_metrics(self, days: float = 7) -> Answer:
        """What became of migrations in the last days: `total_records_migrated` and more."""
        return self._ask(lambda answers: answers.migration_metrics(days))

    async def get_comprehensive_status(self) -> Answer:
        """The same as `comprehensive_status`."""
        return await asyncio.to_thread(self.comprehensive_status)

    async def get_sync_metrics(self, hours: float = 24) -> Answer:
        """The same as `sync_metrics`."""
        return await asyncio.to_thread(self.sync_metrics, hours)

    async def get_cleanup_metrics(self, days: float = 7) -> Answer:
        """The same as `cleanup_metrics`."""
        return await asyncio.to_thread(self.cleanup_metrics, days)

    async def get_migration_metrics(self, days: float = 7) -> Answer:
        """The same as `migration_metrics`."""
        return await asyncio.to_thread(self.migration_metrics, days)

    @abstractmethod
    def _ask(self, question: Callable[[Answers], Answer]) -> Answer:
        """Put the question to whoever knows, after what was emitted before has arrived there."""
