"""What the events amount to is the same from the ledger, over HTTP and from memory; what cannot be asked says why."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.database import transaction
from consistency.errors import BadRequest, ConfigurationError, DatabaseUnavailable, LedgerMissing, ReconcileryError
from consistency.event_checks import seal
from consistency.events import Event, EventLevel, WrittenEvent, event_time
from consistency.ledger.events import store_events
from consistency.model import parse_utc
from consistency.settings import Settings
from monitoring.answers.answers import Answers
from monitoring.answers.choosing import open_answers
from monitoring.answers.http import HttpAnswers
from monitoring.answers.ledger import LedgerAnswers
from monitoring.answers.memory import MemoryAnswers
from monitoring.figures import reading
from tests.factories.front_door import front_door
from tests.factories.own_tables import make_own_tables
from tests.servers.talking import Request, Response, Talking, json_response, serving

PATIENCE = timedelta(seconds=20)


def an_event(
    now: datetime, minutes: float, event_type: str, level: str = "info", service: str = "datasync", **how: Any
) -> Event:
    """An event of so many minutes before now."""
    at = event_time(now - timedelta(minutes=minutes))
    return Event(at, event_type, level, service, f"{event_type}!", id=f"{event_type}-{service}-{minutes}", **how)


@pytest.fixture
def emitted() -> list[WrittenEvent]:
    """A day's work of three services, the last of them a moment ago."""
    now = datetime.now(UTC)
    work = [
        an_event(now, 90, "sync_start", details={"operation_id": "a"}),
        an_event(now, 80, "sync_success", details={"operation_id": "a"}, metrics={"records_synced": 1000}),
        an_event(now, 70, "sync_start"),
        an_event(now, 69, "sync_failure", "error", details={"error": "disk full"}),
        an_event(now, 5, "sync_start"),
        an_event(now, 4320, "cleanup_start", service="cleaner"),
        an_event(
            now, 4318, "cleanup_success", service="cleaner", metrics={"records_deleted": 70, "duration_seconds": 99}
        ),
        an_event(now, 20, "migration_success", metrics={"records_migrated": 5, "duration_seconds": 12.5}),
        an_event(now, 10, "health_check", service="shop", details={"check": "queue"}),
        an_event(now, 15, "health_check", "critical", service="shop", details={"check": "queue"}),
        an_event(
            now, 30, "storage_warning", "warning", service="shop", details={"host": "db1"}, metrics={"free_share": 0.08}
        ),
        an_event(now, 0.1, "service_status", details={"heartbeat_seconds": 60, "status": "running", "instance": "a:1"}),
    ]
    return [seal(event) for event in work]


@pytest.fixture
def ledger(engine: Engine, emitted: list[WrittenEvent]) -> Engine:
    make_own_tables(engine)
    with transaction(engine) as connection:
        store_events(connection, emitted, datetime.now(UTC), EventLevel.WARNING)
    return engine


def without_moments(answer: Any) -> Any:
    """The answer without when it was asked for, and over which time."""
    if isinstance(answer, dict):
        return {name: without_moments(value) for name, value in answer.items() if name not in {"since", "as_of"}}
    return [without_moments(each) for each in answer] if isinstance(answer, list) else answer


def all_of(answers: Answers) -> list[Any]:
    asked = [answers.sync_metrics(24), answers.cleanup_metrics(7), answers.migration_metrics(7)]
    return [without_moments(each) for each in (*asked, answers.comprehensive_status())]


def test_the_ledger_the_api_and_the_memory_answer_the_same(
    ledger: Engine, database_url: str, emitted: list[WrittenEvent]
) -> None:
    memory = MemoryAnswers(lambda: emitted[::-1])
    with closing(LedgerAnswers(ledger, Settings())) as of_ledger:
        expected = all_of(of_ledger)
    assert all_of(memory) == expected
    with front_door(database_url) as api, closing(HttpAnswers(api.url, "", PATIENCE)) as over_http:
        assert all_of(over_http) == expected
    sync, cleanup, migration, status = expected
    assert (sync["sync_success_count"], sync["sync_failure_count"], sync["running"]) == (1, 1, 1)
    assert (sync["total_records_synced"], sync["avg_duration_seconds"], sync["success_rate"]) == (1000, 600.0, 0.5)
    assert (cleanup["total_records_deleted"], cleanup["max_duration_seconds"]) == (70, 99.0)
    assert (migration["total_records_migrated"], migration["migration_success_count"]) == (5, 1)
    assert (next(iter(status)), status["status"]) == ("status", "degraded")
    assert [each["message"] for each in status["problems"]] == [
        "sync of datasync: the latest attempt failed or never ended",
        "storage_warning: storage_warning!",
    ]
    assert [(each["part"], each["level"]) for each in status["health_checks"]] == [("queue", "info")]
    assert [each["state"] for each in status["services"]] == ["alive"]
    assert status["sync_metrics"] == sync


YEAR = 365 * 24 * 60


def test_a_clock_that_is_far_ahead_does_not_keep_the_last_word(engine: Engine) -> None:
    make_own_tables(engine)
    now = datetime.now(UTC)
    ahead, right = an_event(now, -YEAR, "health_check", "critical"), an_event(now, 1, "health_check")
    with transaction(engine) as connection:
        store_events(connection, [seal(ahead)], now - timedelta(minutes=2), None)
        store_events(connection, [seal(right)], now, None)
    (word,) = LedgerAnswers(engine, Settings()).comprehensive_status()["health_checks"]
    assert (word["level"], word["message"]) == ("info", right.message)


def test_nothing_is_said_to_have_happened_after_it_was_asked_for(engine: Engine) -> None:
    make_own_tables(engine)
    now = datetime.now(UTC)
    ahead = [seal(an_event(now, -YEAR, name)) for name in ("health_check", "sync_success")]
    with transaction(engine) as connection:
        store_events(connection, ahead, now, None)
    for answers in (LedgerAnswers(engine, Settings()), MemoryAnswers(lambda: ahead)):
        found = answers.comprehensive_status()
        moments = (found["health_checks"][0]["at"], found["sync_metrics"]["last_success"])
        assert all(parse_utc(moment) <= parse_utc(found["as_of"]) for moment in moments)


def test_a_shorter_time_holds_less(ledger: Engine) -> None:
    answers = LedgerAnswers(ledger, Settings())
    assert answers.sync_metrics(1)["sync_success_count"] == 0
    assert answers.sync_metrics(1.4)["sync_success_count"] == 1
    assert answers.sync_metrics(hours=1)["hours"] == 1
    assert answers.cleanup_metrics(days=1)["cleanup_success_count"] == 0


def test_of_very_many_events_the_latest_are_read_and_it_is_said(
    ledger: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_EVENTS", 3)
    found = LedgerAnswers(ledger, Settings()).sync_metrics(24)
    assert (found["complete"], found["sync_start_count"], found["sync_success_count"]) == (False, 2, 0)
    assert (found["sync_failure_count"], found["running"]) == (1, 1)


def test_nothing_emitted_is_nothing_known(engine: Engine) -> None:
    make_own_tables(engine)
    for answers in (LedgerAnswers(engine, Settings()), MemoryAnswers(list)):
        assert answers.comprehensive_status()["status"] == "unknown"
        assert answers.sync_metrics(24)["success_rate"] is None


#: What is no length of time.
NO_LENGTH: list[tuple[Any, str]] = [
    (0, "hours: 0 is no length of time; give a number above 0"),
    (-3, "hours: -3 is no length of time"),
    (float("nan"), "hours: nan is no length of time"),
    ("24", "hours: '24' is no length of time"),
    (True, "hours: True is no length of time"),
    (10**9, "hours: 1000000000 is longer than ten years; give less"),
]


@pytest.mark.parametrize(("hours", "said"), NO_LENGTH)
def test_what_is_no_length_of_time_is_refused_in_one_line(sqlite: Engine, hours: Any, said: str) -> None:
    make_own_tables(sqlite)
    for answers in (LedgerAnswers(sqlite, Settings()), MemoryAnswers(list)):
        with pytest.raises(BadRequest) as raised:
            answers.sync_metrics(hours)
        assert str(raised.value).startswith(said)


def test_a_ledger_that_is_not_there_says_what_to_do(sqlite: Engine) -> None:
    with pytest.raises(LedgerMissing, match="run `reconcilery init`"):
        LedgerAnswers(sqlite, Settings()).sync_metrics(24)


def test_a_database_that_is_not_there_is_said_to_be_unavailable() -> None:
    settings = Settings(database_url="postgresql://nobody:secret@127.0.0.1:1/none")
    with closing(open_answers(settings, None, list)) as answers, pytest.raises(DatabaseUnavailable) as raised:
        answers.comprehensive_status()
    assert "secret" not in str(raised.value)


@pytest.fixture
def said() -> Iterator[Callable[[Response], str]]:
    """What is raised when the API answers so."""
    answer = Response()

    def reply(_: Request) -> Response:
        return answer

    with serving(Talking(reply)) as server:

        def ask(wanted: Response) -> str:
            nonlocal answer
            answer = wanted
            answers = HttpAnswers(server.url, "sesame", timedelta(seconds=2))
            with closing(answers), pytest.raises(ReconcileryError) as raised:
                answers.sync_metrics(24)
            assert "sesame" not in str(raised.value)
            assert "\n" not in str(raised.value)
            return str(raised.value)

        yield ask


#: What the other side answers, and what is said of it.
TROUBLES: list[tuple[Response, str]] = [
    (json_response({"title": "Unauthorized"}, 401), "events_token: 127.0.0.1"),
    (json_response({"title": "No", "detail": "hours: 0 is no\nlength"}, 422), "hours: 0 is no length"),
    (json_response({"detail": "the database is away"}, 503), "answers with HTTP 503: the database is away"),
    (Response(302, headers={"Location": "http://127.0.0.1/"}), "answers with HTTP 302"),
    (Response(200, b"<html>"), "did not answer with a JSON object; is it the address of the HTTP API?"),
    (json_response([1]), "did not answer with a JSON object"),
    (Response(500, b""), "answers with HTTP 500"),
    (Response(200, b"{}", trick="close"), "events_url: 127.0.0.1"),
    (Response(200, b"{}", trick="trickle_body"), "events_url: 127.0.0.1"),
]


@pytest.mark.parametrize(("answer", "line"), TROUBLES)
def test_whatever_is_wrong_over_there_is_one_line(said: Callable[[Response], str], answer: Response, line: str) -> None:
    assert line in said(answer)


def test_the_token_is_sent_and_so_is_the_time() -> None:
    seen: list[Request] = []

    def reply(request: Request) -> Response:
        seen.append(request)
        return json_response({"status": "healthy"})

    with serving(Talking(reply)) as server, closing(HttpAnswers(server.url + "/", "sesame", PATIENCE)) as answers:
        assert answers.cleanup_metrics(7.5) == answers.comprehensive_status() == {"status": "healthy"}
    assert [request.path for request in seen] == [
        "/api/monitoring/cleanup-metrics?days=7.5",
        "/api/monitoring/events-status",
    ]
    assert seen[0].headers["authorization"] == "Bearer sesame"


#: Settings, what the program hands over, and who is asked.
WAYS: list[tuple[dict[str, str], str, type]] = [
    ({}, "", MemoryAnswers),
    ({}, "sqlite:///{}/own.sqlite", LedgerAnswers),
    ({"database_url": "sqlite:///{}/own.sqlite"}, "", LedgerAnswers),
    ({"events_url": "https://monitor.example"}, "sqlite:///{}/own.sqlite", HttpAnswers),
    ({"events_url": "redis://127.0.0.1:1/0", "database_url": "sqlite:///{}/own.sqlite"}, "", LedgerAnswers),
]


@pytest.mark.parametrize(("settings", "db_manager", "kind"), WAYS)
def test_whoever_gets_the_events_is_asked(tmp_path: Any, settings: dict[str, str], db_manager: str, kind: type) -> None:
    filled = {name: value.format(tmp_path) for name, value in settings.items()}
    with closing(open_answers(Settings.model_validate(filled), db_manager.format(tmp_path) or None, list)) as answers:
        assert isinstance(answers, kind)


def test_where_events_go_through_redis_to_unknown_tables_nobody_can_be_asked(tmp_path: Any) -> None:
    settings = Settings(events_url="redis://127.0.0.1:1/0")
    with pytest.raises(ConfigurationError, match="RECONCILERY_STORE_URL"):
        open_answers(settings, f"sqlite:///{tmp_path}/own.sqlite", list)
