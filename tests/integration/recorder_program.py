"""Records a run and dies on the way: `die_at` names the step at which the process kills itself, or is empty."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from consistency import journal_files
from consistency.latest import LatestReports, connect
from consistency.ledger import runs
from consistency.resources import open_resources
from consistency.settings import Settings
from monitor_tasks import recording


def die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def then_die(step: Callable[..., Any]) -> Callable[..., Any]:
    def stepping(*args: Any, **kwargs: Any) -> None:
        step(*args, **kwargs)
        die()

    return stepping


def half_a_line(descriptor: int, line: bytes) -> None:
    os.write(descriptor, line[: len(line) // 2])
    die()


def prepare(die_at: str) -> None:
    patch = pytest.MonkeyPatch()
    if die_at == "before the line":
        patch.setattr(recording, "append_line", die)
    elif die_at == "in the line":
        patch.setattr(journal_files, "_write_whole", half_a_line)
    elif die_at == "after the line":
        patch.setattr(recording, "append_line", then_die(journal_files.append_line))
    elif die_at == "after Redis":
        patch.setattr(LatestReports, "store", then_die(LatestReports.store))
    elif die_at == "after the mark":
        patch.setattr(runs, "mark", then_die(runs.mark))


def main() -> None:
    order = json.loads(sys.argv[1])
    prepare(order["die_at"])
    settings = Settings(
        database_url=order["database_url"], redis_url=order["redis_url"], log_dir=Path(order["log_dir"])
    )
    recording.record(open_resources(settings), connect(settings), order["run_id"])


main()
