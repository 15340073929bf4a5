"""What a report says of alerts, of who was told, and of repairs."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from api.report.formats import report_markdown
from api.report.report import report_of
from consistency.ledger.own_tables import REPAIRS
from consistency.ledger.repair_tables import repair_metadata
from consistency.model import Window, utc_text
from consistency.remarks import Remark, known_remarks
from consistency.stretches import HOUR
from notifiers.telling import tell_check
from tests.factories.fortnight import (
    DAY,
    FORTNIGHT,
    INCIDENT,
    NOW,
    RULE,
    Change,
    Fortnight,
    empty_fortnight,
    fortnight,
)
from tests.factories.newsroom import newsroom_of


def report(made: Fortnight) -> dict[str, Any]:
    return report_of(made.resources, FORTNIGHT, RULE, NOW)


def test_alerts_are_told_with_their_channels(engine: Engine) -> None:
    (alert,) = report(fortnight(engine))["alerts"]
    fired = utc_text(INCIDENT.start + HOUR)
    assert (alert["level"], alert["fired_at"]) == ("high", fired)
    assert alert["resolved_at"] == utc_text(INCIDENT.end + HOUR)
    assert [(each["by"], each["note"]) for each in alert["acknowledged"]] == [("ada|laptop", "looks like 2.1")]
    feishu, mail = alert["told"]
    assert feishu == {"channel": "feishu", "sent": 2, "waiting": 0, "given_up": 0, "first_sent_at": fired, "why": None}
    assert (mail["sent"], mail["given_up"], mail["why"]) == (0, 1, "535 <bad> password")


def test_an_alert_as_it_is_really_told_is_understood(sqlite: Engine, tmp_path: Path) -> None:
    room = newsroom_of(sqlite, log_dir=tmp_path / "logs")
    tell_check(room.resources, room.check(300))
    (alert,) = report_of(room.resources, Window(room.at(-60), room.at(60)), RULE, room.at(60))["alerts"]
    assert (alert["id"], alert["episode"], alert["level"]) == (room.alerts()[0].id, 1, "critical")
    assert alert["numbers"] == {"tasks": 378, "missing": 300, "late": 6, "completion_rate": 78 / 378}
    assert [(each["channel"], each["sent"], each["waiting"]) for each in alert["told"]] == [
        ("chat", 0, 1),
        ("mail", 0, 1),
    ]


def test_what_a_check_found_is_told_in_the_readers_language(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    known = {"code": "slow_statement", "values": {"statement": "tasks", "seconds": 7.5, "limit_seconds": 5.0}}
    fired: Change = (NOW - HOUR, "fired", {"summary": "it was slow", "found": {"message": "it was slow", **known}})
    made.alert([fired], kind="finding", labels={"check": "full", "source": "database"}, state="firing")
    found = report(made)
    assert found["alerts"][0]["found"] == {"message": "it was slow", **known}
    assert "finding (full): it was slow" in report_markdown(found, "en")
    chinese = report_markdown(found, "zh")
    assert "查询“任务”用了 7.5 秒；5.0 秒起算慢" in chinese
    assert "it was slow" not in chinese


#: Kind, labels, what was seen, and how it is said.
ABOUT_US: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    (
        "checker_silent",
        {"check": "quick"},
        {"silent_since": "2026-09-16T03:00:00Z", "due_every": 900},
        "检查没有按时完成（快速检查）：自 2026-09-16 03:00 起没有完整的快速检查，应每 15 分钟一次",
    ),
    (
        "service_silent",
        {"service": "datasync"},
        {"silent_since": "2026-09-16T03:00:00Z", "due_every": 300},
        "服务没有心跳：自 2026-09-16 03:00 起没有 datasync 的心跳，应每 5 分钟一次",
    ),
    ("channel_broken", {"channel": "ops"}, {"trouble": "19021: no"}, "渠道故障：渠道 ops 故障：19021: no"),
]


@pytest.mark.parametrize(("kind", "labels", "payload", "words"), ABOUT_US, ids=[row[0] for row in ABOUT_US])
def test_who_is_silent_or_broken_is_told_in_the_readers_language(
    sqlite: Engine, kind: str, labels: dict[str, str], payload: dict[str, Any], words: str
) -> None:
    made = empty_fortnight(sqlite)
    fired: Change = (NOW - HOUR, "fired", {"summary": "as it was", **payload})
    made.alert([fired], kind=kind, labels=labels, state="firing")
    found = report(made)
    assert payload.items() <= found["alerts"][0].items()
    assert words in report_markdown(found, "zh")
    assert "as it was" in report_markdown(found, "en")
    found["alerts"][0] |= dict.fromkeys(payload)
    assert "as it was" in report_markdown(found, "zh")


def test_what_a_check_could_not_do_is_told_in_the_readers_language(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    problem = Remark("3 tasks have no time", "tasks_without_time", {"tasks": 3})
    made.check(NOW - HOUR, problems=[problem.text, "as it was"], remarks=known_remarks([problem]))
    found = report(made)
    assert "3 tasks have no time" in report_markdown(found, "en")
    chinese = report_markdown(found, "zh")
    assert "3 个成功的任务在 done_at 的各列中都没有时间" in chinese
    assert "3 tasks have no time" not in chinese
    assert "as it was" in chinese


def test_each_time_an_alert_fires_is_a_row_and_what_ended_before_is_none(engine: Engine) -> None:
    made = empty_fortnight(engine)
    begin = FORTNIGHT.start
    first: list[Change] = [(begin - 3 * DAY, "fired", {"episode": 1}), (begin - 2 * DAY, "resolved", {"episode": 1})]
    second: list[Change] = [
        (begin - DAY, "fired", {"episode": 2}),
        (begin + DAY, "resolved", {"episode": 2, "actor": "ada"}),
    ]
    third: list[Change] = [
        (NOW - HOUR, "fired", {"episode": 3}),
        (NOW - HOUR / 2, "severity_up", {"episode": 3, "level": "critical"}),
    ]
    made.alert([*first, *second, *third], episode=3, state="firing", level="medium", suppressed_by="silence 5f")
    rows = report(made)["alerts"]
    assert [(row["episode"], row["level"], row["resolved_by"]) for row in rows] == [
        (3, "critical", None),
        (2, "medium", "ada"),
    ]
    assert [row["untold_because"] for row in rows] == ["silence 5f", None]


def test_what_fires_for_longer_than_its_changes_are_kept_is_shown(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    long_ago = FORTNIGHT.start - 200 * DAY
    made.alert([], state="firing", fired_at=long_ago, last_seen_at=long_ago)
    (row,) = report(made)["alerts"]
    assert (row["fired_at"], row["resolved_at"], row["level"]) == (utc_text(long_ago), None, "high")


def test_repairs_are_shown_with_before_and_after_and_plans_are_not(engine: Engine) -> None:
    made = fortnight(engine)
    made.repair("plan", NOW, 3, "planned", started_at=None, finished_at=None)
    made.repair("long-ago", FORTNIGHT.start - DAY, 3)
    (run,) = report(made)["repairs"]
    assert run["run_id"].startswith("5b2c9d10")
    assert (run["before"]["missing"], run["after"]["missing"], run["counts"]["done"]) == (720, 1, 719)


def test_without_tables_of_repairs_there_is_a_report(engine: Engine) -> None:
    made = fortnight(engine)
    repair_metadata.drop_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {REPAIRS.version_table}")
    found = report(made)
    assert found["repairs"] is None
