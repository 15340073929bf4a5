"""What a check could not do, in the reader's language: the product's own words anew, those of strangers as they are."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, exc

import consistency
import monitor_tasks
from api.page.wording import Words
from api.report.words.findings import finding_words, problem_words
from api.report.words.wording import Wording
from consistency import errors
from consistency.database import database_errors
from consistency.ledger.parts import INCOMPLETE, SCAN, Part
from consistency.ledger.runs import RUNNING, Run
from consistency.model import CheckType, Finding, Level, Window
from consistency.remarks import Remark, kept_remark, known_remarks, reason_values, remark_of
from monitor_tasks.custom_checks import Context, run_custom_check
from monitor_tasks.measured import measure
from notifiers.messages.chinese_problems import CHINESE_PROBLEMS
from tests.factories.codes import codes_given

CHINESE, ENGLISH = (Words(language, ZoneInfo("Asia/Shanghai")) for language in ("zh", "en"))
NOON = datetime(2026, 9, 16, 12, 0, tzinfo=UTC)
WHERE = "mysql://shop@db/shop"
LIMIT = Remark(f"a statement on {WHERE} ran into its time limit", "statement_timeout", {"where": WHERE})
#: The functions and errors that are given a code, and at which place.
PLACES = dict.fromkeys(dir(errors), 1) | {"Remark": 1, "_or_problem": 2}


def of_part(reason: str | None, result: dict[str, Any] | None = None) -> Remark:
    """What the report says of a stretch that was given up."""
    hour = Window(NOON - timedelta(hours=1), NOON)
    run = Run("r", "shop", "x", CheckType.FULL, RUNNING, hour, NOON, {}, NOON, None, None, None, None)
    (problem,) = measure(run, [Part(0, SCAN, hour, INCOMPLETE, reason, None, result)]).evidence.problems
    return problem


def of_database(line: str) -> Remark:
    """What the database's own error becomes."""
    with pytest.raises(errors.DatabaseError) as caught, database_errors(create_engine("sqlite:///shop.sqlite")):
        raise exc.OperationalError("", (), Exception(line))
    return remark_of(caught.value)


def of_custom_check(name: str) -> Remark:
    _, problem = run_custom_check(name, Context, create_engine("sqlite://"), timedelta(seconds=20))
    assert problem is not None
    return problem


SAID: list[tuple[Remark, str]] = [
    (
        of_part(LIMIT.text, {"code": LIMIT.code, "values": LIMIT.values}),
        f"2026-09-16 19:00 至 2026-09-16 20:00 未能测量：{WHERE} 上有语句超过了时间限制",
    ),
    (of_part("in words of before"), "2026-09-16 19:00 至 2026-09-16 20:00 未能测量：in words of before"),
    (LIMIT, f"{WHERE} 上有语句超过了时间限制"),
    (of_database("interrupted"), "sqlite:///shop.sqlite 上有语句超过了时间限制"),
    (of_database("disk I/O error"), "数据库 sqlite:///shop.sqlite 无法使用：disk I/O error"),
    (of_database("no such column: x"), "数据库 sqlite:///shop.sqlite 拒绝了一条语句：no such column: x"),
    (
        of_database("no such table: reconcilery_alerts"),
        "sqlite:///shop.sqlite 中缺少自有数据表：no such table: reconcilery_alerts；请运行 `reconcilery init`",
    ),
    (
        of_custom_check("json:absent"),
        "自定义检查 json:absent 失败：AttributeError: module 'json' has no attribute 'absent'",
    ),
    (
        Remark("no segments: …", "no_segments", reason_values(LIMIT)),
        f"未能按列统计：{WHERE} 上有语句超过了时间限制",
    ),
    (Remark("…", "no_segments", reason_values(Remark("no such table"))), "未能按列统计：no such table"),
    (
        Remark("…", "custom_check_left_behind", {"name": "a:b", "limit_seconds": 30.0}),
        "自定义检查 a:b 用时超过 30 秒，已不再等待",
    ),
    (Remark("…", "tasks_in_the_future", {"tasks": 1200}), "1,200 个成功的任务完成时间在未来；parent.tz 是否正确？"),
]


@pytest.mark.parametrize(("problem", "words"), SAID, ids=lambda each: getattr(each, "code", ""))
def test_a_problem_is_said_in_the_readers_language(problem: Remark, words: str) -> None:
    kept = known_remarks([Remark("another", "no_segments", {}), problem])
    assert CHINESE.problem(problem.text, kept) == words
    assert ENGLISH.problem(problem.text, kept) == problem.text


def test_every_code_that_is_given_has_words() -> None:
    assert codes_given([monitor_tasks, consistency], PLACES) == CHINESE_PROBLEMS.keys()


def test_a_part_that_was_given_up_says_why() -> None:
    part = {"window": {}, **reason_values(LIMIT)}
    assert CHINESE.reason(part) == f"{WHERE} 上有语句超过了时间限制"
    assert (ENGLISH.reason(part), CHINESE.reason({"reason": "as it was"})) == (LIMIT.text, "as it was")


def test_a_check_that_failed_says_why_among_its_findings() -> None:
    found = Finding("database", Level.CRITICAL, LIMIT.text, "", "not_measured", reason_values(LIMIT)).as_dict()
    wording = Wording("zh", ZoneInfo("UTC"))
    assert finding_words(found, wording)[0] == f"未能测量：{WHERE} 上有语句超过了时间限制"
    before = {**found, "values": {"reason": LIMIT.text}}
    assert finding_words(before, wording)[0] == f"未能测量：{LIMIT.text}"


@pytest.mark.parametrize(
    "kept",
    [
        None,
        7,
        [1, None, {}],
        [{"text": "as it was"}],
        [{"text": "as it was", "code": "of_tomorrow", "values": {}}],
        [{"text": "as it was", "code": ["no_segments"], "values": {}}],
        [{"text": "as it was", "code": "no_segments", "values": {}}],
        [{"text": "as it was", "code": "no_segments", "values": [1]}],
        [{"text": "as it was", "code": "part_not_measured", "values": {"start": "x", "end": "y", "reason": "z"}}],
        [{"text": "something else", "code": "tasks_in_the_future", "values": {"tasks": 3}}],
    ],
    ids=str,
)
def test_what_cannot_be_said_anew_stands_as_it_was_written(kept: Any) -> None:
    assert CHINESE.problem("as it was", kept) == "as it was"
    assert problem_words("as it was", kept_remark("as it was", kept), CHINESE.report) == "as it was"
