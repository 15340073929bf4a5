"""`reconcilery probe api` against the API itself, and against whatever else may listen there."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import reconcilery
from cli.up.ports import LOCALHOST, free_port
from consistency.settings import Settings
from consistency.signs_of_life import SignsOfLife
from tests.factories.measured import measured


def probe(monkeypatch: pytest.MonkeyPatch, port: object, *flags: str, host: str = LOCALHOST) -> Result:
    monkeypatch.setenv("RECONCILERY_API_HOST", host)
    monkeypatch.setenv("RECONCILERY_API_PORT", str(port))
    return CliRunner().invoke(reconcilery, ["probe", "api", *flags], prog_name="reconcilery")


@pytest.fixture
def port(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[str]:
    with measured(sqlite_url, redis_url, log_dir=tmp_path) as found:
        for kind in ("worker", "beat"):
            SignsOfLife(Settings(redis_url=redis_url, log_dir=tmp_path), kind, "here").give()
        yield found.api.url.rpartition(":")[2]


@pytest.mark.parametrize("host", [LOCALHOST, "0.0.0.0", "localhost"])
def test_an_api_that_has_all_it_needs_is_well(monkeypatch: pytest.MonkeyPatch, port: str, host: str) -> None:
    result = probe(monkeypatch, port, host=host)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "api: readyz check passed")


def test_an_api_without_redis_is_not_well_but_alive(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path
) -> None:
    with measured(sqlite_url, log_dir=tmp_path) as found:
        port = found.api.url.rpartition(":")[2]
        result = probe(monkeypatch, port)
        assert result.exit_code == 1
        assert "api: [-]redis failed: it does not answer" in result.stdout.splitlines()
        alive = probe(monkeypatch, port, "--alive")
    assert alive.exit_code == 0
    assert "api: ok" in alive.stdout.splitlines()


def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    result = probe(monkeypatch, free_port())
    assert result.exit_code == 1
    assert "is `reconcilery serve` running?" in result.stdout


def test_what_speaks_no_http_is_no_api(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOCALHOST, 0)) as other:
        other.listen()
        port = other.getsockname()[1]
        other.settimeout(30)

        def answer() -> None:
            near, _ = other.accept()
            near.sendall(b"220 mail ready\r\n")
            near.close()

        threading.Thread(target=answer, daemon=True).start()
        result = probe(monkeypatch, port)
    assert (result.exit_code, result.stdout.count("no answer at")) == (1, 1)


@pytest.mark.parametrize(
    ("flags", "said"),
    [(("--max-age", "2m"), "--max-age is for worker and beat"), ((), "api_port: must be a port from 1 to 65535")],
)
def test_what_cannot_be_meant_is_told(monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], said: str) -> None:
    result = probe(monkeypatch, "5000x", *flags)
    assert result.exit_code == 2
    assert said in result.stderr
