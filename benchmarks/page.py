"""The web page: how long the overview takes over HTTP, beside its bare statements and a template of the same size.

The bare side sends the statements that the page sent, with their parameters, through one open connection, fetches all
rows, and renders a template that prints as many bytes. It parses no reports, draws no charts, and speaks no HTTP.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg
import requests
from jinja2 import Template
from sqlalchemy import event

from benchmarks.harness import Bench, say
from benchmarks.results import Result
from benchmarks.servers import connect
from consistency.settings import Settings
from tests.acceptance.exhibition import exhibition
from tests.servers.api import Api, answering

RANGES = ("24h", "14d")
ROUNDS, AT_ONCE = 8, 10
#: The server keeps its charts for so long.
KEPT_SECONDS = 10.0
MOST = 2.0

Statement = tuple[str, Any]

_LINE = "<tr><td>{{ row.name }}</td><td>{{ row.count }}</td><td>{{ '%.1f %%' % row.rate }}</td></tr>\n"
_TEMPLATE = Template("{% for row in rows %}" + _LINE + "{% endfor %}", autoescape=True)
_ROW = {"name": "an hour & its tasks", "count": 4711, "rate": 91.8}


def measure(bench: Bench) -> list[Result]:
    """The first page of every ten seconds draws the charts anew; the others find them."""
    with exhibition(bench.place("page")) as found:
        url, database = found.server.url, found.engine.url.render_as_string(hide_password=False)
        with answering(Settings(database_url=database, redis_url=found.place.settings["RECONCILERY_REDIS_URL"])) as api:
            return [result for back in RANGES for result in _results(api, url, database, back)]


def _results(api: Api, url: str, database: str, back: str) -> Iterator[Result]:
    path = f"/?range={back}"
    say(f"page: {path}")
    first, again = _statements(api, path), _statements(api, path)
    drawn, found, bare_drawn, bare_found = [], [], [], []
    with connect(database) as connection, requests.Session() as session:
        page = session.get(url + path, timeout=60)
        for _ in range(ROUNDS):
            time.sleep(KEPT_SECONDS)
            drawn.append(_seconds(lambda: session.get(url + path, timeout=60)))
            bare_drawn.append(_seconds(lambda: _bare(connection, first, page.content)))
            for _ in range(AT_ONCE):
                found.append(_seconds(lambda: session.get(url + path, timeout=60)))
                bare_found.append(_seconds(lambda: _bare(connection, again, page.content)))
    yield _result(f"page of {back}, charts drawn", drawn, bare_drawn, page, first)
    yield _result(f"page of {back}, charts kept", found, bare_found, page, again)


def _result(
    name: str, ours: list[float], bare: list[float], page: requests.Response, statements: list[Statement]
) -> Result:
    ratio = median(ours) / median(bare)
    figures = {
        "ours_ms": round(1000 * median(ours), 1),
        "bare_ms": round(1000 * median(bare), 1),
        "page_kb": round(len(page.content) / 1000, 1),
        "statements": len(statements),
    }
    return Result(name, figures, round(ratio, 2), f"at most {MOST} x statements and template", ratio <= MOST)


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _bare(connection: psycopg.Connection[Any], statements: list[Statement], page: bytes) -> None:
    for text, parameters in statements:
        connection.execute(text, parameters).fetchall()
    _TEMPLATE.render(rows=[_ROW] * (len(page) // len(_TEMPLATE.render(rows=[_ROW]))))


def _statements(api: Api, path: str) -> list[Statement]:
    """What the page asks the database, in a process where that can be heard."""
    with _heard(api) as statements:
        assert api.get(path).status_code == 200
    return statements


@contextmanager
def _heard(api: Api) -> Iterator[list[Statement]]:
    heard: list[Statement] = []
    resources = api.app.state.services.resources

    def hear(*given: Any) -> None:
        if given[2].lstrip().upper().startswith(("SELECT", "WITH")):
            heard.append((given[2], given[3]))

    # What is derived from an engine, such as one that only reads, is heard with it.
    engines = {resources.store, resources.primary}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)
