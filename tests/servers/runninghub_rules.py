"""What the local RunningHub is told to do, and what it has seen: kept by question and task, changed while it runs."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Rule = dict[str, Any]


@dataclass
class Manner:
    """How the server answers where no rule says otherwise; `nodes` are a task's Save nodes, one output each."""

    key: str = "local-key"
    nodes: list[str] = field(default_factory=lambda: ["9"])
    latency: float = 0.0
    #: Calls a second, with so many at once, before a call is refused; 0 for no limit.
    rate: float = 0.0
    burst: float = 2.0
    refuse_with: str = "429"


class Book:
    """The rules and the counts; safe for threads."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self._lock = threading.Lock()
        self._rules: dict[str | None, list[Rule]] = defaultdict(list)
        self._seen: dict[str, Counter[str]] = {}
        self._in_flight = 0
        self._due = 0.0
        self.forget()

    def forget(self) -> None:
        """Neither rules nor counts from here on."""
        with self._lock:
            self._rules.clear()
            self._seen = {"calls": Counter(), "tasks": Counter(), "costly": Counter(), "limits": Counter()}

    def add(self, rule: Mapping[str, Any]) -> None:
        """`do` with its own arguments; `at` one question, for one `task`, the first `times` it is asked."""
        with self._lock:
            self._rules[rule.get("task")].append(dict(rule))

    def seen(self) -> dict[str, dict[str, int]]:
        """Calls by question, questions by task, costly calls by path; limits: refused and most_in_flight."""
        with self._lock:
            return {name: dict(counter) for name, counter in self._seen.items()}

    def count(self, what: str, name: str) -> None:
        with self._lock:
            self._seen[what][name] += 1

    def rule_for(self, at: str, task: str) -> Rule:
        """The newest rule for all tasks that fits, else the task's own, else that all is well."""
        with self._lock:
            for owner in (None, task):
                for rule in reversed(self._rules.get(owner, [])):
                    if rule.get("at", at) == at and self._is_due(rule):
                        return rule
        return {"do": "no_record" if at == "webhook" else "success"}

    @staticmethod
    def _is_due(rule: Rule) -> bool:
        if "times" not in rule:
            return True
        rule["times"] -= 1
        return bool(rule["times"] >= 0)

    def may_ask(self) -> bool:
        """Whether the rate allows this call; counts it if not."""
        if not self.manner.rate:
            return True
        with self._lock:
            now = time.monotonic()
            self._due = max(self._due, now)
            allowed = self._due - now <= (self.manner.burst - 1) / self.manner.rate
            if allowed:
                self._due += 1 / self.manner.rate
            else:
                self._seen["limits"]["refused"] += 1
        return allowed

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Counts how many calls are under way at one time."""
        with self._lock:
            self._in_flight += 1
            limits = self._seen["limits"]
            limits["most_in_flight"] = max(limits["most_in_flight"], self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
