"""The command lines of the services, and the folder and ports they use."""

import socket
from pathlib import Path

import pytest

from cli.up.folder_lock import alone_in
from cli.up.ports import free_port
from cli.up.services import api, beat, flower, worker
from consistency.errors import ConfigurationError


def test_a_worker_serves_every_configured_queue_unless_told_which() -> None:
    assert "--queues" not in worker().command
    chosen = worker(queues=["reconcilery.checks", "reconcilery.notify"]).command
    assert chosen[-2:] == ("--queues", "reconcilery.checks,reconcilery.notify")


def test_a_worker_is_allowed_to_finish_its_task() -> None:
    assert worker().stop_seconds > beat(Path()).stop_seconds


def test_beat_remembers_in_the_given_folder(tmp_path: Path) -> None:
    assert str(tmp_path / "celerybeat-schedule") in beat(tmp_path).command


def test_the_page_listens_at_this_machine_alone_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_API_HOST", "0.0.0.0")
    service = api(wished_port=0)
    assert service.command[1:5] == ("serve", "--host", "127.0.0.1", "--port")
    assert service.url == f"http://127.0.0.1:{service.command[5]}"


def test_flower_lets_nobody_do_anything_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWER_BASIC_AUTH", raising=False)
    assert "--read_only=True" in flower().command
    assert "--address=127.0.0.1" in flower().command


def test_flower_is_configured_wherever_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (chosen,) = (word for word in flower().command if word.startswith("--conf="))
    assert Path(chosen.removeprefix("--conf=")).is_file()


def test_flower_with_a_login_may_act_and_keeps_the_password_off_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOWER_BASIC_AUTH", "ops:secret")
    command = flower().command
    assert "--read_only=True" not in command
    assert "secret" not in " ".join(command)


def test_a_taken_port_gives_way_to_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wish = taken.getsockname()[1]
        assert wish < free_port(wish) < wish + 100


def test_two_launchers_cannot_share_a_folder(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(ConfigurationError, match="already in use by process"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass
