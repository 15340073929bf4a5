"""`reconcilery events`: whatever is typed wrong is one line that names it, and nothing is written."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from consistency.database import transaction
from consistency.ledger.events import find_events
from tests.factories.listening import own_tables_of, run, work_in


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return work_in(tmp_path, monkeypatch)


@pytest.fixture
def small(place: Path, sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return own_tables_of(sqlite, monkeypatch)


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("tial",), "No such command 'tial'. Did you mean 'tail'?"),
    (("tail", "-n", "-1"), "-1 is not in the range"),
    (("tail", "--level", "grave"), "'grave' is not one of 'info', 'warning', 'error', 'critical'"),
    (("list", "--type", "sync_fail"), '--type: "sync_fail" is unknown; did you mean sync_failure?'),
    (("list", "--type", "no type"), '--type: "no type" is no name of a type'),
    (("list", "--type", "\udcff"), "--type: "),
    (("list", "--service", "\x1b[2J"), "is no name of a service"),
    (("list", "--since", "soon"), "--since: 'soon' is no date"),
    (("list", "--since", "2999-01-01"), "--since: 2999-01-01 is in the future"),
    (("list", "--since", "1h", "--until", "now-2h"), "--until: "),
    (("list", "--limit", "0"), "0 is not in the range"),
    (("list", "--csv", "x", "--json"), "--csv cannot be combined with --json"),
    (("list", "--csv", "no/such/folder.csv"), "--csv: no/such/folder.csv cannot be written"),
    (("emit", "sync_start"), "Missing argument 'MESSAGE'"),
    (("emit", "sync_strat", "x"), 'TYPE: "sync_strat" is unknown; did you mean sync_start?'),
    (("emit", "sync_start", "x", "--level", "bad"), "'bad' is not one of 'info'"),
    (("emit", "sync_start", "x", "--service", "!"), '--service: "!" is no name of a service'),
    (("emit", "sync_start", "x", "--id", "a b"), '--id: "a b" is no id'),
    (("emit", "sync_start", "x", "--details", "{"), "--details: it is no JSON: Expecting property name"),
    (("emit", "sync_start", "x", "--details", "[" * 100_000), "--details: it is no JSON"),
    (("emit", "sync_start", "x", "--details", "[1]"), "--details: it must be an object"),
    (("emit", "sync_start", "x", "--details", "-"), "--details: it is no JSON"),
    (("emit", "sync_start", "x", "--metrics", '{"rate": NaN}'), "--metrics.rate: nan is no number in JSON"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG, ids=[" ".join(case[0])[:50] for case in WRONG])
def test_what_is_typed_wrong_is_one_line_that_names_it_and_nothing_is_written(
    small: Engine, arguments: tuple[str, ...], told: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert told in line
    with transaction(small) as connection:
        assert find_events(connection) == []


def test_without_own_tables_every_command_says_how_to_make_them(
    place: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", sqlite_url)
    for command in (("list",), ("tail",), ("emit", "sync_start", "x")):
        code, out, err = run(*command)
        assert (code, out) == (1, "")
        (line,) = err.splitlines()
        assert "reconcilery init" in line


def test_without_any_place_to_send_to_emit_says_what_to_set(place: Path) -> None:
    code, out, err = run("emit", "sync_start", "x")
    assert (code, out) == (2, "")
    assert "RECONCILERY_EVENTS_URL" in err
