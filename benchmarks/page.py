"""The web page: how long the overview takes over HTTP, beside its bare statements and a template of the same size.

The bare side sends the statements that the page sent, with their parameters, through one open connection, fetches all
rows, and renders a template that prints as many bytes. It parses no reports, draws no charts, and speaks no HTTP.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

import psycopg
import requests
from jinja2 import Template
from sqlalchemy import event

from api.page.pictures import KEPT_SECONDS
from benchmarks.harness import Bench, say
from benchmarks.results import Result
from benchmarks.servers import connect
from consistency.settings import Settings
from tests.acceptance.exhibition import exhibition
from tests.servers.api import Api, answering

RANGES = ("24h", "14d")
ROUNDS, AT_ONCE = 6, 10
MOST = 2.0

Statement = tuple[str, Any]
#: The seconds of the page and of the bare statements.
Pair = tuple[float, float]

_LINE = "<tr><td>{{ row.name }}</td><td>{{ row.count }}</td><td>{{ '%.1f %%' % row.rate }}</td></tr>\n"
_TEMPLATE = Template("{% for row in rows %}" + _LINE + "{% endfor %}", autoescape=True)
_ROW = {"name": "an hour & its tasks", "count": 4711, "rate": 91.8}


def measure(bench: Bench) -> list[Result]:
    """The first page after a check or a minute draws the charts anew; the others, which are most, find them."""
    with exhibition(bench.place("page")) as found:
        url, database = found.server.url, found.engine.url.render_as_string(hide_password=False)
        with answering(Settings(database_url=database, redis_url=found.place.settings["RECONCILERY_REDIS_URL"])) as api:
            pages = [_Page(url + path, *_heard_twice(api, path)) for path in map("/?range={}".format, RANGES)]
        with connect(database) as connection, requests.Session() as session:
            _compare(pages, connection, session)
    return [result for page in pages for result in page.results()]


@dataclass
class _Page:
    """One address with what it asks the database, with and without its charts, and how long all that took."""

    url: str
    drawing: list[Statement]
    finding: list[Statement]
    size: int = 0
    drawn: list[Pair] = field(default_factory=list)
    found: list[Pair] = field(default_factory=list)

    def time(self, session: requests.Session, bare: Callable[[list[Statement], int], object]) -> None:
        """Once with charts that are drawn, and some times with those."""
        for statements, taken, times in ((self.drawing, self.drawn, 1), (self.finding, self.found, AT_ONCE)):
            for _ in range(times):
                ours = _seconds(partial(self._get, session))
                taken.append((ours, _seconds(partial(bare, statements, self.size))))

    def _get(self, session: requests.Session) -> None:
        answer = session.get(self.url, timeout=60)
        answer.raise_for_status()
        self.size = len(answer.content)

    def results(self) -> Iterator[Result]:
        """The medians of both."""
        name = self.url.partition("range=")[2]
        yield _result(f"page of {name}, charts drawn", self.drawn, self.size, self.drawing)
        yield _result(f"page of {name}, charts kept", self.found, self.size, self.finding)


def _compare(pages: list[_Page], connection: psycopg.Connection[Any], session: requests.Session) -> None:
    for number in range(ROUNDS):
        say(f"page: round {number + 1} of {ROUNDS}")
        time.sleep(KEPT_SECONDS)
        for page in pages:
            page.time(session, partial(_bare, connection))


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
