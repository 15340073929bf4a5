"""Between two attempts of a round: what became of the one is written down, and the other is taken in hand."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, event, select, update

from consistency.database import connect
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from notifiers.channels.channel import Verdict
from notifiers.deliveries.sending_round import deliver_due
from notifiers.messages.message import Message
from tests.factories.posting import Line, Office, office_of

SOMEBODY = "4dcbd0f1-0000-4000-8000-000000000000"


class Watched(Line):
    """A channel at which something happens while a message is under way."""

    def __init__(self, url: str, happens: dict[str, Callable[[], None]]) -> None:
        super().__init__(url)
        self._happens = happens

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        self._happens.get(message.id, lambda: None)()
        return super().send(message, now, progress)


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with office_of(engine) as office:
        yield office


def attempts(office: Office) -> list[tuple[str, int, str, str, str]]:
    columns = delivery_attempts.c
    chosen = select(columns.delivery_id, columns.no, columns.outcome, columns.code, columns.reply).order_by(columns.id)
    with office.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(chosen)]


def watch(office: Office, **happens: Callable[[], None]) -> None:
    office.exchange.channels["chat"] = Watched(f"{office.receiver.server.url}/chat", happens)


def take_away(office: Office, delivery_id: str) -> None:
    """As another sender does, who finds it due."""
    taken = {"state": "sending", "lease_token": SOMEBODY, "attempts": deliveries.c.attempts + 1}
    with office.engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(taken))


def test_each_of_many_is_sent_once_and_its_attempt_is_kept(office: Office) -> None:
    ids = [office.put(group=f"g{number}") for number in range(5)]
    assert deliver_due(office.post, 10)["sent"] == 5
    assert office.receiver.ids("chat") == ids
    assert attempts(office) == [(each, 1, "ok", "200", "ok") for each in ids]
    for each in ids:
        found = office.find(each)
        assert (found.state, found.attempts) == ("sent", 1)
        assert found.finished_at is not None
        assert office.column(each, "lease_token") is office.column(each, "lease_until") is None


def test_the_usual_turn_is_one_statement_where_the_database_can_do_that(office: Office) -> None:
    for number in range(4):
        office.put(group=f"g{number}")
    done: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *seen: done.append(seen[2].split()[0]))
    deliver_due(office.post, 4)
    turns = ["WITH"] * 3 if office.engine.dialect.name == "postgresql" else ["UPDATE", "INSERT", "UPDATE"] * 3
    said = [word for word in done if word not in {"BEGIN", "SET"}]
    assert said[: 2 + len(turns)] == ["SELECT", "UPDATE", *turns]


def test_what_somebody_else_has_taken_meanwhile_is_left_to_them(office: Office) -> None:
    first, second, third = (office.put(group=f"g{number}") for number in range(3))
    watch(office, **{first: lambda: take_away(office, second)})
    assert deliver_due(office.post, 3)["sent"] == 2
    assert office.receiver.ids("chat") == [first, third]
    assert (office.find(second).state, office.column(second, "lease_token")) == ("sending", SOMEBODY)
    assert [row[0] for row in attempts(office)] == [first, third]


def test_whoever_has_lost_one_still_takes_the_next(office: Office) -> None:
    first, second = (office.put(group=f"g{number}") for number in range(2))
    watch(office, **{first: lambda: take_away(office, first)})
    told = deliver_due(office.post, 2)
    assert (told["sending"], told["sent"]) == (1, 1)
    assert (office.find(first).state, office.column(first, "lease_token")) == ("sending", SOMEBODY)
    assert office.find(second).state == "sent"
    assert [row[0] for row in attempts(office)] == [second]


def test_a_lost_message_is_taken_from_whoever_has_not_come_back(office: Office) -> None:
    first, second = (office.put(group=f"g{number}") for number in range(2))
    take_away(office, second)
    office.make_due(second)
    assert deliver_due(office.post, 2)["sent"] == 2
    assert sorted(office.receiver.ids("chat")) == sorted([first, second])
    assert {(row[0], row[1]) for row in attempts(office)} == {(first, 1), (second, 2)}


def test_a_round_keeps_to_its_isolation_on_a_server_that_was_set_to_another(postgres: Engine) -> None:
    with postgres.begin() as connection:
        named = connection.dialect.identifier_preparer.quote(postgres.url.database or "")
        connection.exec_driver_sql(f"ALTER DATABASE {named} SET default_transaction_isolation = 'serializable'")
    engine = connect(postgres.url.render_as_string(hide_password=False))
    with office_of(engine) as office, office.post.holding() as held:
        with held.at_once() as connection:
            connection.exec_driver_sql("SELECT 1")
        with held.transaction() as connection:
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "read committed"
    engine.dispose()
