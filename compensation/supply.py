"""A provider behind its limits: one call that asks it when it may be asked, and otherwise says when to come back."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import redis

from compensation.call_counts import counts_of_call
from compensation.details import detail_text
from compensation.limits.gate import Entry, Gate, GateTimes, Held
from compensation.provider import Answer, Kind, Output, OutputProvider
from compensation.providers.links import Life
from consistency.one_line import one_line
from consistency.settings import Settings
from consistency.shared_counts import SharedCounts

__all__ = ["Held", "LinkCheck", "Supply"]

#: Looks at an address and says in a word what is known of it: a `Life`.
LinkCheck = Callable[[str], str]


class Supply:
    """A provider as an engine asks it; safe for threads, and without Redis the limits hold for this process alone."""

    def __init__(
        self,
        provider: OutputProvider,
        settings: Settings,
        client: redis.Redis | None,
        link_check: LinkCheck | None = None,
        times: GateTimes | None = None,
    ) -> None:
        self._provider = provider
        self._link_check = link_check if settings.check_links and provider.link_field else None
        self._gate = Gate(provider.name, settings, client, times)
        self.counts = SharedCounts(self._gate.shared, settings.key_prefix)
        self._counting = threading.Lock()
        self._calls = 0

    @property
    def calls(self) -> int:
        """How often the provider was asked through this object."""
        return self._calls

    def fetch(self, provider_task_id: str) -> Answer | Held:
        """The provider's answer, or Held; waits a second at most before it asks, and never longer for the limits."""
        entry = self._gate.enter()
        if isinstance(entry, Held):
            return entry
        answer = self._ask(provider_task_id, entry)
        return self._checked(answer) if answer.kind is Kind.FOUND and self._link_check else answer

    def throttle_reason(self) -> str | None:
        """What slows the work down now, in words for people, or None."""
        return self._gate.reason()

    def close(self) -> None:
        """Close the limits' own connections; the provider and the client are closed by whoever made them."""
        self._gate.close()

    def _ask(self, provider_task_id: str, entry: Entry) -> Answer:
        began = time.monotonic()
        try:
            answer = self._provider.fetch(provider_task_id)
        except Exception as error:  # noqa: BLE001 - a provider of the user's own: only the task it fails for may fail
            said = one_line(detail_text("provider_raised", error=f"{type(error).__name__}: {error}"))
            answer = Answer(Kind.TRANSIENT, code="provider_raised", detail=said)
        except BaseException:
            self._gate.turn_back(entry)
            raise
        seconds = time.monotonic() - began
        with self._counting:
            self._calls += answer.calls
        self._gate.leave(entry, answer.kind, answer.retry_after, answer.calls)
        self.counts.add(counts_of_call(answer, seconds))
        return answer

    def _checked(self, answer: Answer) -> Answer:
        states = {output.key: self._link_state(output) for output in answer.outputs}
        if unclear := [key for key, state in states.items() if state not in {Life.ALIVE, Life.EXPIRED}]:
            detail = detail_text("link_unclear", keys=_named(unclear))
            return replace(answer, kind=Kind.TRANSIENT, code="link_unknown", detail=detail)
        if expired := [key for key, state in states.items() if state == Life.EXPIRED]:
            detail = detail_text("link_dead", keys=_named(expired))
            return replace(answer, kind=Kind.LINK_EXPIRED, code="link_expired", detail=detail, expired=tuple(expired))
        return answer

    def _link_state(self, output: Output) -> str:
        link = output.fields.get(self._provider.link_field)
        return self._link_check(link) if isinstance(link, str) and link and self._link_check else Life.ALIVE


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""  # noqa: PLR2004 - as many as a line can hold
    return ", ".join(keys[:3]) + more
