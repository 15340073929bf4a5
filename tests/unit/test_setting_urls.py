from pathlib import Path

import pytest

from consistency.settings import Settings, examine_settings, load_settings


def load(folder: Path, **environ: str) -> Settings:
    return load_settings({}, environ, folder)


def problems(folder: Path, toml: str = "", **environ: str) -> list[str]:
    (folder / "reconcilery.toml").write_text(toml)
    return list(examine_settings({}, environ, folder).problems)


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u:p%40@h:5433/d?sslmode=require", "postgresql+psycopg://u:p%40@h:5433/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("postgresql:///d?host=/run/postgresql", "postgresql+psycopg:///d?host=/run/postgresql"),
        ("mysql://u:p@h/d", "mysql+pymysql://u:p@h/d"),
        ("mariadb://u:p@h/d", "mysql+pymysql://u:p@h/d"),
        ("MySQL+PyMySQL://u:p@h/d", "mysql+pymysql://u:p@h/d"),
        (" sqlite:///app.db\n", "sqlite:///app.db"),
        ("", ""),
    ],
)
def test_a_database_url_gets_the_installed_driver(given: str, normalised: str) -> None:
    settings = Settings(database_url=given, read_url=given, store_url=given)
    assert (settings.database_url, settings.read_url, settings.store_url) == (normalised,) * 3


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "oracle://u:hunter2@h/d",
            "unknown kind 'oracle'; known are postgresql://, mysql:// (also mariadb://) or sqlite",
        ),
        ("postgresql+asyncpg://u:hunter2@h/d", "leave it out and write postgresql://"),
        ("u:hunter2@h/d", "is not a URL"),
        ("postgresql://u:hunter2@x@h/d", "as %40"),
        ("postgresql://u:p@h:hunter2/d", "cannot be read"),
        ("mysql://u:hunter2@h:99999/d", "cannot be read"),
        ("mysql://u:hunter2@[::1/d", "cannot be read"),
        ("sqlite://hunter2.db", "three slashes"),
    ],
)
def test_a_wrong_database_url_is_named_without_its_password(tmp_path: Path, url: str, says: str) -> None:
    (problem,) = problems(tmp_path, RECONCILERY_DATABASE_URL=url)
    assert problem.startswith("RECONCILERY_DATABASE_URL ")
    assert says in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("url", ["redis://h", "redis://:p@h:6379/3", "rediss://u:p@h/0", "redis://[::1]:6379/"])
def test_a_good_redis_url(url: str) -> None:
    assert Settings(redis_url=url).redis_url == url


@pytest.mark.parametrize(
    "url",
    ["", "http://h", "redis://", "redis://:hunter2@h:x/0", "redis://:hunt/er2@h/0", "redis://h/zero", "redis://h:0"],
)
def test_a_wrong_redis_url_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    (problem,) = problems(tmp_path, f"redis_url = '{url}'")
    assert problem.startswith("reconcilery.toml: redis_url is not the URL of a Redis server; write redis://")
    assert "hunt" not in problem
