"""A table that nobody can read for a while, so that statements run into their time limit."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Engine, text


@contextmanager
def locked_out(engine: Engine) -> Iterator[Callable[[], None]]:
    """Nobody can read the tasks until the yielded function is called."""
    with ExitStack() as stack:
        connection = stack.enter_context(engine.connect())
        lock = "LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"
        connection.execute(text(lock if engine.dialect.name == "postgresql" else "LOCK TABLES tasks WRITE"))

        def let_in() -> None:
            if not connection.closed:
                connection.invalidate()
                connection.close()

        stack.callback(let_in)
        yield let_in
