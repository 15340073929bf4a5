"""What the launcher leaves for a second terminal."""

import os
import stat
import subprocess
from pathlib import Path

from cli.up.second_terminal import for_second_terminal, shell_text

AWKWARD = 'redis://:it\'s "$HOME" `id`@127.0.0.1:7000/0'


def test_a_shell_that_reads_the_file_has_the_environment_and_finds_the_programs(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    with for_second_terminal(file, {"RECONCILERY_REDIS_URL": AWKWARD}):
        script = f'. "{file}" && printf %s "$RECONCILERY_REDIS_URL" && command -v python'
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.startswith(AWKWARD)
    assert Path(done.stdout.removeprefix(AWKWARD).strip()).exists()


def test_only_this_user_may_read_it_and_it_goes_with_the_launcher(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text("left by one that was killed")
    file.chmod(0o644)
    with for_second_terminal(file, {"NAME": "value"}):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "killed" not in file.read_text()
    assert not file.exists()


def test_the_programs_of_the_launcher_come_before_others() -> None:
    assert shell_text({}, Path("/opt/my programs")) == "export PATH='/opt/my programs':$PATH\n"
