from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.orders import one_rule, orders_of
from consistency.errors import BadRequest
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType, Window
from consistency.settings import Settings

NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)
ONE = Settings()
TWO = Settings(rules=(DEFAULT_RULE, DEFAULT_RULE.model_copy(update={"id": "other-rule"})))


def test_every_rule_has_its_check_unless_one_is_named() -> None:
    assert [order.rule_id for order in orders_of(TWO, NOW, CheckType.QUICK)] == ["task-outputs", "other-rule"]
    (only,) = orders_of(TWO, NOW, CheckType.DEEP, rule="other-rule", detailed=True)
    assert (only.rule_id, only.kind, only.window, only.detailed) == ("other-rule", CheckType.DEEP, None, True)


@pytest.mark.parametrize(
    ("kind", "start", "end", "expected"),
    [
        # Both dates: the range, whole days included.
        ("range", "2026-09-14", "2026-09-15", (datetime(2026, 9, 14, tzinfo=UTC), datetime(2026, 9, 16, tzinfo=UTC))),
        # A start alone reaches until now, whatever the kind.
        ("quick", "now-3h", None, (NOW - timedelta(hours=3), NOW)),
        # An end alone is preceded by as much as the kind looks at.
        ("quick", None, "now-3h", (NOW - timedelta(hours=4), NOW - timedelta(hours=3))),
        ("full", None, "now-3h", (NOW - timedelta(hours=27), NOW - timedelta(hours=3))),
        ("deep", None, "now-3h", (NOW - timedelta(days=14, hours=3), NOW - timedelta(hours=3))),
        ("range", None, "now-3h", (NOW - timedelta(hours=27), NOW - timedelta(hours=3))),
        # A range without any date is as long as the task's of the same name.
        ("range", None, None, (NOW - timedelta(hours=24), NOW)),
    ],
)
def test_dates_make_a_range(kind: str, start: str | None, end: str | None, expected: tuple[datetime, datetime]) -> None:
    (order,) = orders_of(ONE, NOW, CheckType(kind), start=start, end=end)
    assert order.kind is CheckType.RANGE
    assert order.window == Window(*expected)


def test_the_date_to_compare_at_is_read_in_the_configured_zone() -> None:
    settings = Settings(timezone="Asia/Shanghai")
    (order,) = orders_of(settings, NOW, CheckType.RANGE, start="2026-09-10", end="2026-09-15", compare_at="2026-09-12")
    assert order.compare_at == datetime(2026, 9, 11, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("quick", {"rule": "task-output"}, "--rule: there is no rule 'task-output'; did you mean task-outputs?"),
        ("quick", {"rule": "\x1b[2J"}, r"--rule: there is no rule '\x1b[2J'; known are task-outputs"),
        ("quick", {"start": "yesterday"}, "--start-date: 'yesterday' is no date"),
        ("quick", {"start": "now-1h", "end": "now-2h"}, "--end-date: "),
        ("range", {"start": "2999-01-01"}, "--start-date: 2999-01-01 is in the future"),
        ("full", {"compare_at": "now-1h"}, "--compare-at: the range to compare in is missing"),
        ("full", {"start": "now-2h", "compare_at": "now-2h"}, "--compare-at: 2026-09-16T10:00:00Z does not lie within"),
        ("full", {"start": "now-2h", "compare_at": "x"}, "--compare-at: 'x' is no date"),
    ],
)
def test_what_cannot_be_checked_names_the_option(kind: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest) as caught:
        orders_of(ONE, NOW, CheckType(kind), **options)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


def test_a_list_is_of_one_rule() -> None:
    assert one_rule(ONE, None).id == "task-outputs"
    with pytest.raises(BadRequest, match="--rule: there are several rules, name one of task-outputs, other-rule"):
        one_rule(TWO, None)
