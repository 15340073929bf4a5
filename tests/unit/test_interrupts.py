"""Ctrl-C is never lost, whoever swallows it on the way."""

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from cli.interrupts import interrupt_kept
from consistency.database import connect_in_memory, snapshot

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def swallowing(pressing: Callable[[], None]) -> None:
    with suppress(KeyboardInterrupt):
        pressing()


def work(step: Callable[[], None], after: Callable[[], None]) -> None:
    with interrupt_kept():
        step()
        after()


def test_what_was_swallowed_is_raised_at_the_end() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(lambda: swallowing(press), lambda: done.append("after"))
    assert done == ["after"]


def test_what_nobody_swallows_is_raised_at_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(press, lambda: done.append("after"))
    assert done == []


def test_without_it_nothing_is_raised_and_the_handler_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupt_kept():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def count_for_long(engine: Engine, before: Callable[[], None]) -> None:
    with snapshot(engine, timedelta(minutes=5)) as connection:
        before()
        connection.exec_driver_sql(LONG).all()


def test_a_statement_of_sqlite_that_is_interrupted_is_not_taken_for_a_slow_one() -> None:
    engine = connect_in_memory()
    me = threading.main_thread().ident
    assert me is not None
    pressing = threading.Timer(0.3, signal.pthread_kill, (me, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        count_for_long(engine, pressing.start)
    engine.dispose()
