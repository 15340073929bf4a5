"""Which Redis the launcher takes, and how it sets up its own."""

import stat
from pathlib import Path

import pytest

from cli.up.embedded import choose_broker, find_server, private_redis


def program(folder: Path, name: str) -> Path:
    """An executable of this name."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_configured_redis_is_taken_and_none_is_started(tmp_path: Path) -> None:
    broker = choose_broker("redis://cache.example:6379/3", tmp_path / "redis")
    assert (broker.url, broker.service) == ("redis://cache.example:6379/3", None)
    assert not (tmp_path / "redis").exists()


@pytest.mark.parametrize(
    ("installed", "taken"),
    [(["redis-server"], "redis-server"), (["redis-server", "valkey-server"], "valkey-server")],
)
def test_a_server_on_the_path_comes_before_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: list[str], taken: str
) -> None:
    paths = {name: program(tmp_path, name) for name in installed}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == paths[taken]


def test_the_bundled_server_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server().name == "valkey-server"


def test_the_password_stands_only_in_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    service = private_redis(Path("redis-server"), folder, 7000, "secret")
    file = folder / "redis.conf"
    assert 'requirepass "secret"\n' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "secret" not in " ".join(service.command)


def test_a_configuration_left_behind_with_open_rights_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "redis.conf"
    file.write_text("port 1\n")
    file.chmod(0o644)
    private_redis(Path("redis-server"), tmp_path, 7000, "secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "port 7000\n" in file.read_text()


def test_the_private_server_listens_here_alone_and_writes_to_disk(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder'
    service = private_redis(Path("redis-server"), folder, 7000, "secret")
    lines = (folder / "redis.conf").read_text().splitlines()
    assert {"bind 127.0.0.1", "port 7000", "appendonly yes", "appendfsync everysec"} <= set(lines)
    assert f'dir "{tmp_path}/a \\"quoted\\" folder"' in lines
    assert service.url == "redis://:secret@127.0.0.1:7000/0"
