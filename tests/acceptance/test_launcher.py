"""The launcher of `reconcilery up`, as a process with processes below it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.acceptance.launching import eventually, gone, launcher


def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    with launcher(tmp_path, "one", "two") as running:
        running.urls()
        os.kill(running.pids_of("one")[0], signal.SIGKILL)
        eventually(lambda: len(running.pids_of("one")) == 2)
        assert len(running.pids_of("two")) == 1
        assert "one ended (signal 9), starting again in 2 s" in running.words()


def test_an_interrupt_stops_all_in_reverse_order_and_reaches_the_launcher_alone(tmp_path: Path) -> None:
    with launcher(tmp_path, "one", "two", "three", redis=True) as running:
        running.urls()
        family = running.family()
        running.interrupt()
        assert running.process.wait() == 0
        assert running.signals() == ["three stopped", "two stopped", "one stopped"]
        assert gone(family)


def test_a_second_interrupt_does_not_wait_for_a_stubborn_service(tmp_path: Path) -> None:
    with launcher(tmp_path, "stubborn", "stubborn too") as running:
        running.urls()
        family = running.family()
        running.interrupt()
        eventually(lambda: "stopping" in running.words())
        running.interrupt()
        assert running.process.wait() == 130
        assert gone(family)
        assert "stubborn did not stop and is killed" in running.words()


def test_a_killed_launcher_leaves_no_orphan_of_the_real_services(tmp_path: Path) -> None:
    with launcher(tmp_path, "worker", "beat", "flower", redis=True) as running:
        assert set(running.urls()) == {"redis", "flower"}
        family = running.family()
        assert len(family) >= 6, "redis, worker with two children, beat and flower"
        running.process.kill()
        eventually(lambda: gone(family))


def test_the_real_services_stop_at_an_interrupt(tmp_path: Path) -> None:
    with launcher(tmp_path, "worker", "beat", "flower", redis=True) as running:
        running.urls()
        family = running.family()
        running.interrupt()
        assert running.process.wait() == 0
        assert gone(family)
        assert "Traceback" not in running.words()


def test_the_private_redis_needs_its_password(tmp_path: Path) -> None:
    with launcher(tmp_path, redis=True) as running:
        url = running.urls()["redis"]
        stranger = redis.Redis.from_url(f"redis://{url.rpartition('@')[2]}")
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with redis.Redis.from_url(url) as client:
            assert client.ping()
            assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_the_private_redis_keeps_what_it_has_confirmed_when_it_is_killed(tmp_path: Path) -> None:
    with launcher(tmp_path, redis=True) as running, redis.Redis.from_url(running.urls()["redis"]) as client:
        client.rpush("queue", *range(100))
        eventually(lambda: client.info("persistence")["aof_buffer_length"] == 0)
        first = running.family()[0]
        first.kill()

        def restarted() -> int:
            with suppress(redis.ConnectionError):
                return int(client.llen("queue"))
            return 0

        assert eventually(restarted) == 100


def test_a_service_that_cannot_start_ends_the_launcher_with_its_name(tmp_path: Path) -> None:
    with launcher(tmp_path, "one", "broken") as running:
        assert running.process.wait() == 1
        assert "broken ended (exit code 1) before all was ready" in running.words()
        assert "/no/such/program: No such file or directory" in running.words()
        assert running.signals() == ["one stopped"]


@pytest.mark.parametrize(
    ("story", "code", "words"), [("0", 0, ""), ("3", 3, ""), ("complains", 2, "rule: no rule has")]
)
def test_without_keep_running_the_story_decides_the_exit_code(
    tmp_path: Path, story: str, code: int, words: str
) -> None:
    with launcher(tmp_path, "one", story=story, keep_running=False) as running:
        assert running.process.wait() == code
        assert words in running.words()
        assert running.signals() == ["one stopped"]


def test_every_line_of_output_carries_its_service(tmp_path: Path) -> None:
    with launcher(tmp_path, "one", "three", story="0", keep_running=False) as running:
        running.process.wait()
        assert "one   | hello from one\n" in running.words()
        assert "three | hello from three\n" in running.words()
