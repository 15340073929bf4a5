"""The user's own checks: functions named in the settings, from a context to findings.

Whatever such a function does wrong is one line among the report's problems and never the end of the check: it runs in
a thread with a time limit, on a snapshot that cannot be written to.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from consistency.database import first_line, snapshot
from consistency.durations import duration_text
from consistency.mapping import RuleMapping
from consistency.masking import mask_text
from consistency.model import CheckType, Finding, Health, Level, Window
from consistency.remarks import Remark

MOST_FINDINGS = 100
_LONGEST_TEXT = 500
_WAIT_SECONDS = 1.0
_TO_HEAR_OF_A_TIMEOUT = 2.0


@dataclass(frozen=True)
class Context:
    """What a custom check sees: the check it belongs to, what was counted, and a read-only snapshot to ask more of.

    `counts` is as in the report. `connection` is SQLAlchemy's, and each of its statements has the time limit of all.
    """

    type: CheckType
    rule: RuleMapping
    window: Window
    as_of: datetime
    coverage: float
    counts: Mapping[str, int | None]
    completion_rate: float | None
    health: Health
    connection: Connection


@dataclass
class _Outcome:
    findings: list[Finding] = field(default_factory=list)
    problem: Remark | None = None


def run_custom_check(
    name: str,
    context: Callable[..., Context],
    engine: Engine,
    limit: timedelta,
    on_progress: Callable[[], None] = lambda: None,
) -> tuple[list[Finding], Remark | None]:
    """The findings of the check `module:function`, and what went wrong in one line, if anything did.

    `context` makes the context once it is given its `connection`.
    `limit` bounds each statement and the check as a whole; `on_progress` is called about once a second meanwhile.
    """
    outcome, ended = _Outcome(), threading.Event()

    def run() -> None:
        try:
            _call(name, context, engine, limit, outcome)
        finally:
            ended.set()

    # A function of somebody else's cannot be stopped, only left behind; its statements end by their own time limit.
    threading.Thread(target=run, name=f"custom check {name}", daemon=True).start()
    deadline = time.monotonic() + limit.total_seconds() + _TO_HEAR_OF_A_TIMEOUT
    while not ended.wait(min(_WAIT_SECONDS, max(0.0, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return [], _left_behind(name, limit)
        on_progress()
    return outcome.findings, outcome.problem


def _left_behind(name: str, limit: timedelta) -> Remark:
    values = {"name": name, "limit_seconds": limit.total_seconds()}
    text = f"custom check {name} was left behind: it took longer than {duration_text(limit)}"
    return Remark(text, "custom_check_left_behind", values)


def _call(name: str, context: Callable[..., Context], engine: Engine, limit: timedelta, outcome: _Outcome) -> None:
    try:
        function = _load(name)
        with snapshot(engine, limit) as connection:
            _refuse_writes(connection)
            _collect(name, function(context(connection=connection)), outcome)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the user's code raises is told, not raised
        said = f"{type(error).__name__}: {first_line(error)}"
        values = {"name": name, "error": _plain(said)}
        outcome.problem = Remark(_plain(f"custom check {name} failed: {said}"), "custom_check_failed", values)


def _load(name: str) -> Callable[[Context], Iterable[Finding]]:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # Celery's own command line looks for modules here too.
    module, _, attribute = name.partition(":")
    function: Callable[[Context], Iterable[Finding]] = getattr(import_module(module), attribute)
    return function


def _refuse_writes(connection: Connection) -> None:
    """Also after a commit, which ends the snapshot; the connection is closed afterwards and never used again."""
    connection.detach()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    elif connection.dialect.name != "postgresql":  # whose driver begins every transaction of a snapshot as read-only
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")


def _collect(name: str, returned: Any, outcome: _Outcome) -> None:
    if not isinstance(returned, Iterable) or isinstance(returned, str | bytes | Mapping):
        outcome.problem = _wrong_kind(name, type(returned).__name__)
        return
    findings = iter(returned)
    for finding in islice(findings, MOST_FINDINGS):
        if not _is_finding(finding):
            outcome.problem = _no_finding(name, f"{finding!r:.80}")
            return
        source, message, fix = map(_plain, (finding.source, finding.message, finding.fix))
        outcome.findings.append(Finding(source, finding.level, message, fix))
    if next(findings, None) is not None:
        text = f"custom check {name} returned more than {MOST_FINDINGS} findings; the rest is left out"
        outcome.problem = Remark(text, "custom_check_returned_too_many", {"name": name, "most": MOST_FINDINGS})


def _wrong_kind(name: str, returned: str) -> Remark:
    text = f"custom check {name} returned {returned}; it must return findings"
    return Remark(text, "custom_check_returned_no_findings", {"name": name, "returned": returned})


def _no_finding(name: str, returned: str) -> Remark:
    text = _plain(f"custom check {name} returned {returned} among its findings")
    return Remark(text, "custom_check_returned_another", {"name": name, "returned": _plain(returned)})


def _is_finding(found: Any) -> bool:
    texts = isinstance(found, Finding) and all(
        isinstance(text, str) for text in (found.source, found.message, found.fix)
    )
    return texts and isinstance(found.level, Level)


def _plain(text: str) -> str:
    """One line of printable characters, so that it fits into a report, a terminal and every database; no passwords."""
    line = " ".join(mask_text(text[: 4 * _LONGEST_TEXT]).split())[:_LONGEST_TEXT]
    return "".join(character if character.isprintable() else "?" for character in line)
