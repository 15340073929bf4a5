"""The web page: how long the overview takes over HTTP, beside its bare statements and a template of the same size.

The bare side sends the statements that the page sent, with their parameters, through one open connection, fetches all
rows, and renders a template that prints as many bytes. It parses no reports, draws no charts, and speaks no HTTP.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg
import requests
from jinja2 import Template
from sqlalchemy import Engine, event

from api.page.courses import KEPT_SECONDS
from benchmarks.harness import Bench, say
from benchmarks.results import Result
from benchmarks.servers import connect
from consistency.mapping import DEFAULT_RULE, rule_hash
from consistency.resources import Resources
from consistency.settings import Settings
from tests.acceptance.exhibition import exhibition
from tests.factories.fortnight import Fortnight
from tests.factories.reports import report_of
from tests.servers.api import Api, answering

RANGES = ("24h", "14d")
#: The looks of a round are odd in number, so that each kind of look is by turns before and behind its statements.
ROUNDS, AGAIN = 8, 11
MOST = 2.0

Statement = tuple[str, Any]
#: Sends the statements, and prints so many bytes.
Bare = Callable[[list[Statement], int], object]
#: The seconds of the page and of the bare statements.
Pair = tuple[float, float]

_LINE = "<tr><td>{{ row.name }}</td><td>{{ row.count }}</td><td>{{ '%.1f %%' % row.rate }}</td></tr>\n"
_TEMPLATE = Template("{% for row in rows %}" + _LINE + "{% endfor %}", autoescape=True)
_ROW = {"name": "an hour & its tasks", "count": 4711, "rate": 91.8}


def measure(bench: Bench) -> list[Result]:
    """A look after a minute without any, some more, and one at the moment when a check has ended."""
    with exhibition(bench.place("page")) as found:
        url, database = found.server.url, found.engine.url.render_as_string(hide_password=False)
        with answering(Settings(database_url=database, redis_url=found.place.settings["RECONCILERY_REDIS_URL"])) as api:
            pages = [_Page(url + path, *_heard_twice(api, path)) for path in map("/?range={}".format, RANGES)]
        with connect(database) as connection, requests.Session() as session:
            _compare(pages, connection, session, partial(_end_a_check, found.engine))
    return [result for page in pages for result in page.results()]


@dataclass
class _Page:
    """One address with what it asks the database, with and without drawing its charts, and how long all that took."""

    url: str
    drawing: list[Statement]
    finding: list[Statement]
    size: int = 0
    first: list[Pair] = field(default_factory=list)
    again: list[Pair] = field(default_factory=list)
    at_once: list[Pair] = field(default_factory=list)
    turn: int = 0

    def look(self, session: requests.Session, bare: Bare) -> None:
        """Once after a pause, and some times more."""
        for taken, times in ((self.first, 1), (self.again, AGAIN)):
            for _ in range(times):
                self._time(taken, self.finding, session, bare)

    def look_after_a_check(self, session: requests.Session, bare: Bare) -> None:
        """Once, when the charts of what was known before are of no use."""
        self._time(self.at_once, self.drawing, session, bare)

    def _time(self, taken: list[Pair], statements: list[Statement], session: requests.Session, bare: Bare) -> None:
        """Both in turns: whoever comes second finds the caches warm."""
        acts: dict[str, Callable[[], object]] = {
            "ours": partial(self._get, session),
            "bare": lambda: bare(statements, self.size),
        }
        order = list(acts) if self.turn % 2 == 0 else list(reversed(acts))
        self.turn += 1
        seconds = {name: _seconds(acts[name]) for name in order}
        taken.append((seconds["ours"], seconds["bare"]))

    def _get(self, session: requests.Session) -> None:
        answer = session.get(self.url, timeout=60)
        answer.raise_for_status()
        self.size = len(answer.content)

    def results(self) -> Iterator[Result]:
        """The medians of each."""
        name = self.url.partition("range=")[2]
        yield _result(f"page of {name}, after a minute", self.first, self.size, self.finding)
        yield _result(f"page of {name}, again", self.again, self.size, self.finding)
        yield _result(f"page of {name}, as a check ends", self.at_once, self.size, self.drawing)


def _compare(
    pages: list[_Page], connection: psycopg.Connection[Any], session: requests.Session, end_a_check: Callable[[], None]
) -> None:
    for number in range(ROUNDS):
        say(f"page: round {number + 1} of {ROUNDS}")
        time.sleep(KEPT_SECONDS)
        for page in pages:
            page.look(session, partial(_bare, connection))
        for page in pages:
            end_a_check()
            page.look_after_a_check(session, partial(_bare, connection))


def _end_a_check(engine: Engine) -> None:
    """As if the product had ended one just now."""
    past = Fortnight(Resources(Settings(), engine, engine, engine))
    known: dict[str, Any] = {"check_id": str(uuid4()), "rule_hash": rule_hash(DEFAULT_RULE)}
    past.keep(report_of(0, 90, "quick", datetime.now(UTC), **known))


def _result(name: str, taken: list[Pair], size: int, statements: list[Statement]) -> Result:
    ours, bare = (median(times) for times in zip(*taken, strict=True))
    figures = {
        "ours_ms": round(1000 * ours, 1),
        "bare_ms": round(1000 * bare, 1),
        "page_kb": round(size / 1000, 1),
        "statements": len(statements),
    }
    ratio = ours / bare
    return Result(name, figures, round(ratio, 2), f"at most {MOST} x statements and template", ratio <= MOST)


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _bare(connection: psycopg.Connection[Any], statements: list[Statement], size: int) -> None:
    for text, parameters in statements:
        connection.execute(text, parameters).fetchall()
    _TEMPLATE.render(rows=[_ROW] * (size // len(_TEMPLATE.render(rows=[_ROW]))))


def _heard_twice(api: Api, path: str) -> tuple[list[Statement], list[Statement]]:
    """What the page asks the database when its charts are drawn and when they are there, where that can be heard."""
    first, again = list[Statement](), list[Statement]()
    for statements in (first, again):
        with _heard(api, statements):
            assert api.get(path).status_code == 200
    return first, again


@contextmanager
def _heard(api: Api, heard: list[Statement]) -> Iterator[None]:
    resources = api.app.state.services.resources

    def hear(*given: Any) -> None:
        if given[2].lstrip().upper().startswith(("SELECT", "WITH")):
            heard.append((given[2], given[3]))

    # What is derived from an engine, such as one that only reads, is heard with it.
    engines = {resources.store, resources.primary}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)
