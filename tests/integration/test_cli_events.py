"""`reconcilery events`: what services have told, on every database, and what a script tells."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from api.views.following import OVERLAP, Following
from consistency.database import database_now, transaction
from consistency.events import KEYS, EventLevel
from consistency.ledger.events import EVERYTHING, EventFilter
from tests.factories.listening import keep, own_tables_of, run, work_in
from tests.servers.talking import Request, Response, Talking, serving

HOSTILE = "\x1b[2J"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return work_in(tmp_path, monkeypatch)


@pytest.fixture
def ledger(place: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The own tables in each kind of database."""
    return own_tables_of(engine, monkeypatch)


@pytest.fixture
def small(place: Path, sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The same in SQLite alone, for what no database makes a difference to."""
    return own_tables_of(sqlite, monkeypatch)


THREE: tuple[dict[str, Any], ...] = (
    {"minutes": 30, "message": "began", "event_type": "sync_start"},
    {"minutes": 20, "message": "broke", "event_type": "sync_failure", "level": "error", "details": {"table": "coins"}},
    {"minutes": 2000, "message": "long ago", "service": "billing", "metrics": {"records_synced": 5, "rate": 0.5}},
)


def three() -> Iterator[dict[str, Any]]:
    return (dict(each) for each in THREE)


def answer(*arguments: str, stdin: str | None = None) -> Any:
    """The one object on stdout."""
    code, out, err = run(*arguments, "--json", stdin=stdin)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found.pop("schema_version") == 1
    return found


def messages(*arguments: str) -> list[str]:
    return [each["message"] for each in answer("list", *arguments)["events"]]


def test_the_list_is_newest_first_in_the_configured_zone_with_its_numbers(ledger: Engine) -> None:
    keep(ledger, *three())
    code, out, err = run("list", "--since", "3d")
    assert (code, err) == (0, "")
    header, *lines = out.splitlines()
    assert header.split() == ["when", "level", "service", "type", "message"]
    assert [line.split("  ")[-1] for line in lines] == ["broke", "began", "long ago (records_synced 5, rate 0.5)"]
    assert " +08:00  error  datasync  sync_failure" in lines[0]


def test_flags_choose_by_type_level_service_and_time(ledger: Engine) -> None:
    keep(ledger, *three())
    assert messages() == ["broke", "began"]
    assert messages("--level", "WARNING") == ["broke"]
    assert messages("--type", "sync_start", "--type", "SYNC_FAILURE") == ["broke", "began"]
    assert messages("--service", "billing", "--since", "now-2d") == ["long ago"]
    assert messages("--until", "now-25m") == ["began"]
    assert messages("--limit", "1") == ["broke"]
    assert run("list", "--service", "nobody") == (
        0,
        "",
        "No such event since 24h; --since reaches further back.\n",
    )


def test_a_type_that_only_its_service_has_registered_can_be_chosen(small: Engine) -> None:
    keep(small, {"event_type": "disk_swapped"})
    assert messages("--type", "disk_swapped") == ["message 0"]


def test_programs_get_the_seven_keys_as_they_came_with_the_id(small: Engine) -> None:
    keep(small, *three())
    event, _ = answer("list")["events"]
    assert list(event) == ["id", *KEYS, "received_at"]
    assert (event["id"], event["details"]) == ("evt-1", {"table": "coins"})


def test_csv_has_every_event_over_many_pages_and_no_formula(small: Engine, place: Path) -> None:
    keep(small, *({"message": "=1+1"} for _ in range(2345)))
    assert run("list", "--csv", "all.csv") == (0, "", "Wrote 2345 events to all.csv\n")
    with (place / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["id"] for row in rows}) == 2345
    assert {row["message"] for row in rows} == {"'=1+1"}
    code, out, _ = run("list", "--csv", "-", "--limit", "2")
    assert (code, len(list(csv.reader(io.StringIO(out))))) == (0, 3)


def test_the_tail_shows_the_latest_with_the_newest_last(ledger: Engine) -> None:
    keep(ledger, *three())
    code, out, err = run("tail", "-n", "2")
    assert (code, err) == (0, "")
    assert [line.split()[-1] for line in out.splitlines()] == ["began", "broke"]
    told = [json.loads(line) for line in run("tail", "--json", "--level", "error")[1].splitlines()]
    assert [(each["id"], each["message"]) for each in told] == [("evt-1", "broke")]
    assert run("tail", "-n", "0") == (0, "", "")
    assert run("tail", "--service", "nobody") == (0, "", "No such event.\n")


def looked(following: Following, engine: Engine) -> list[str]:
    found = []
    with transaction(engine) as connection:
        found += following.look(connection, database_now(connection))
        while following.has_more:
            found += following.look(connection, database_now(connection))
    return sorted(stored.id for stored in found)


def test_following_shows_each_event_once_also_one_that_was_committed_late(ledger: Engine) -> None:
    following = Following(EVERYTHING)
    keep(ledger, {"id": "old"}, received=datetime.now(UTC) - 2 * OVERLAP)
    keep(ledger, {"id": "before"})
    assert looked(following, ledger) == []
    keep(ledger, {"id": "late"}, received=datetime.now(UTC) - OVERLAP / 2)
    # More than a page, all of one moment.
    keep(ledger, *({"id": f"new-{number:04}"} for number in range(1500)))
    assert looked(following, ledger) == ["late", *(f"new-{number:04}" for number in range(1500))]
    assert looked(following, ledger) == []


def test_following_chooses_as_well(small: Engine) -> None:
    following = Following(EventFilter(min_level=EventLevel.ERROR))
    assert looked(following, small) == []
    keep(small, *three())
    assert looked(following, small) == ["evt-1"]


def test_a_script_emits_one_event_that_is_stored_as_services_store_theirs(ledger: Engine) -> None:
    code, out, err = run(
        "emit", "SYNC_SUCCESS", "1000 条", "--details", "-", "--metrics", '{"n": 1}', stdin='{"t": ["a"]}'
    )
    assert (code, err) == (0, "")
    assert out.startswith("Event evt_")
    assert "was taken by the own tables in " in out
    (event,) = answer("list")["events"]
    assert {name: event[name] for name in KEYS[1:]} == {
        "event_type": "sync_success",
        "level": "info",
        "service": "datasync",
        "message": "1000 条",
        "details": {"t": ["a"]},
        "metrics": {"n": 1},
    }


def test_an_id_that_is_emitted_twice_is_kept_once(ledger: Engine) -> None:
    for _ in range(2):
        told = answer(
            "emit", "sync_start", "nightly", "--id", "night-1", "--service", "nightly job", "--level", "error"
        )
        assert (told["id"], told["event"]["service"]) == ("night-1", "nightly job")
    (event,) = answer("list")["events"]
    assert (event["id"], event["level"]) == ("night-1", "error")


def test_an_event_goes_where_events_url_says_with_the_token_and_its_answer_decides(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Request] = []
    answers = [Response(202, b"{}"), Response(401)]

    def take(request: Request) -> Response:
        seen.append(request)
        return answers.pop(0)

    with serving(Talking(take)) as server:
        monkeypatch.setenv("RECONCILERY_EVENTS_URL", server.url)
        monkeypatch.setenv("RECONCILERY_EVENTS_TOKEN", "hush")
        assert run("emit", "sync_start", "x", "--id", "one")[0] == 0
        code, out, err = run("emit", "sync_start", "x")
    assert (seen[0].path, seen[0].headers["authorization"]) == ("/api/monitoring/events", "Bearer hush")
    (posted,) = json.loads(seen[0].body)
    assert (posted["id"], posted["message"]) == ("one", "x")
    assert (code, out) == (1, "")
    assert "RECONCILERY_EVENTS_TOKEN" in err
    assert "hush" not in err


def test_an_emission_that_nobody_takes_is_exit_code_1_and_leaves_nothing_behind(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILERY_EVENTS_URL", "http://127.0.0.1:1")
    code, out, err = run("emit", "sync_start", "x")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert not (place / "logs").exists()


def test_what_services_write_cannot_steer_the_terminal(small: Engine) -> None:
    keep(small, {"message": f"x{HOSTILE}\nall is well", "metrics": {f"a{HOSTILE}\n": 1}})
    for command in (("list",), ("tail",)):
        _, out, err = run(*command)
        assert "\x1b" not in out + err
        assert not any(line.startswith("all is well") for line in out.splitlines())


@pytest.mark.parametrize("command", ["", "tail", "list", "emit"])
def test_every_help_ends_with_an_example(command: str) -> None:
    code, out, _ = run(*command.split(), "-h")
    assert code == 0
    assert "Example: reconcilery events " in " ".join(out.strip().splitlines()[-2:])
