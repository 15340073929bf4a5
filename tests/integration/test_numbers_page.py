"""Every key of real reports is described on the page about numbers."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from consistency.database import connect
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType, Window
from notifiers.messages.chinese_problems import CHINESE_PROBLEMS
from tests.factories.checking import check, resources_of
from tests.factories.minutely import LAST, create_minutely
from tests.factories.pages import DOCS

NAMED_BY_USERS = {"statements", "segments", "missing_by"}


def keys_of(found: Any, *, named_by_users: bool = False) -> Iterator[str]:
    """All keys, at any depth, that the product has named."""
    if isinstance(found, list):
        for item in found:
            yield from keys_of(item)
    elif isinstance(found, dict):
        for key, value in found.items():
            if not named_by_users:
                yield key
            yield from keys_of(value, named_by_users=key in NAMED_BY_USERS)


def test_every_code_of_a_problem_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", (DOCS / "reference" / "numbers.md").read_text()))
    assert CHINESE_PROBLEMS.keys() - described == set()


def test_every_key_of_a_report_is_described(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    create_minutely(engine, 22_000)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX outputs_of_task ON task_outputs (task_id)")
        connection.exec_driver_sql("DELETE FROM task_outputs WHERE id < 3000 AND id % 2 = 0")
    rule = DEFAULT_RULE.model_copy(update={"segments": ("status",)})
    resources = resources_of(engine, rule, big_table_rows=10_000)
    deep = check(resources, CheckType.DEEP, LAST)
    window = Window(LAST - timedelta(days=6), LAST)
    ranged = check(resources, CheckType.RANGE, LAST, window=window, compare_at=LAST - timedelta(days=2), detailed=True)
    assert {"trend", "onset", "segments", "missing_by"} <= {key for key, value in deep.items() if value is not None}
    assert {"comparison", "detail"} <= ranged.keys()
    assert deep["findings"]
    page = (DOCS / "reference" / "numbers.md").read_text()
    described = set(re.findall(r"`(\w+)`", page))
    assert {*keys_of(deep), *keys_of(ranged)} - described == set()
    engine.dispose()
