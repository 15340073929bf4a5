"""Kinds of databases for tests that take long: PostgreSQL always, the others with the long runs."""

import pytest

FULL = pytest.mark.full
#: For `pytest.mark.parametrize("database_url", LONG, indirect=True)`.
LONG = ("postgresql", pytest.param("mariadb", marks=FULL), pytest.param("sqlite", marks=FULL))
