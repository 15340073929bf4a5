"""Ctrl-C is not lost where a driver swallows it."""

import signal
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from consistency.database import connect_in_memory, snapshot

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"


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
