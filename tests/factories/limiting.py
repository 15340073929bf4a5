"""Providers that do what a test tells them, the settings of their limits, and waiting for what must happen."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from compensation.provider import Answer, Kind, Output
from consistency.settings import Settings

T = TypeVar("T")
DEADLINE_SECONDS = 60.0


def eventually(question: Callable[[], T]) -> T:
    """The first answer that is true, asked again and again."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return answer


def limits(redis_url: str = "redis://127.0.0.1:1/0", **values: Any) -> Settings:
    """Settings without a rate unless one is given."""
    return Settings(redis_url=redis_url, **{"provider_rate": 0, **values})


def found(*links: str) -> Answer:
    """An answer with an output a link."""
    return Answer(Kind.FOUND, tuple(Output(f"{at}#0", {"url": link}) for at, link in enumerate(links)))


class Station:
    """Where a call stays until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.go_on.wait(DEADLINE_SECONDS)


@dataclass
class Scripted:
    """Answers with `script` in turn, and with its last entry from then on; `meanwhile` runs during each call."""

    script: Iterable[Answer | Kind]
    meanwhile: Callable[[], object] = lambda: None
    name: str = "scripted"
    link_field: str = "url"
    own_hosts: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._answers = [entry if isinstance(entry, Answer) else Answer(entry) for entry in self.script]
        self._lock = threading.Lock()

    def fetch(self, provider_task_id: str) -> Answer:
        """The next answer of the script."""
        with self._lock:
            self.asked.append(provider_task_id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        try:
            self.meanwhile()
        finally:
            with self._lock:
                self.at_once -= 1
        return answer

    def check(self) -> Answer:
        """Always well."""
        return Answer(Kind.FOUND)

    def close(self) -> None:
        """Nothing to close."""
