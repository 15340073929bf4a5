import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from consistency.errors import ConfigurationError
from consistency.logs import configure_logging
from consistency.model import parse_utc
from consistency.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def error_file(folder: Path) -> Path:
    return folder / "errors" / f"errors_{datetime.now(UTC):%Y%m%d}.log"


def test_the_documented_folders_are_made(tmp_path: Path) -> None:
    configure_logging(Settings(log_dir=tmp_path / "new" / "logs"), "worker")
    made = {path.name for path in (tmp_path / "new" / "logs").iterdir()}
    assert made == {"alerts", "errors", "monitoring_results", "monitoring.log"}


def test_every_line_is_json_with_event_level_moment_and_context(tmp_path: Path) -> None:
    configure_logging(Settings(log_dir=tmp_path), "worker")
    before = datetime.now(UTC)
    with structlog.contextvars.bound_contextvars(task_id="t", root_id="r", run_id=7):
        structlog.get_logger("consistency.checks").info("check.started", rule="任务")
        logging.getLogger("celery").info("received %s", "it")
    own, foreign = lines(tmp_path / "monitoring.log")
    assert (own["event"], own["level"], own["logger"]) == ("check.started", "info", "consistency.checks")
    assert (foreign["event"], foreign["level"], foreign["logger"]) == ("received it", "info", "celery")
    for line in (own, foreign):
        assert (line["task_id"], line["root_id"], line["run_id"], line["process"]) == ("t", "r", 7, "worker")
        assert before <= parse_utc(line["timestamp"]) <= datetime.now(UTC)
        assert list(line)[:3] == ["timestamp", "level", "event"]
    assert own["rule"] == "任务"


@pytest.mark.parametrize(
    ("process", "file"),
    [
        ("worker", "monitoring.log"),
        ("cli", "monitoring.log"),
        ("beat", "scheduler.log"),
        ("scheduler", "scheduler.log"),
    ],
)
def test_beat_has_a_file_of_its_own(tmp_path: Path, process: str, file: str) -> None:
    configure_logging(Settings(log_dir=tmp_path), process)
    structlog.get_logger().info("hello")
    assert [path.name for path in tmp_path.glob("*.log")] == [file]
    assert [line["event"] for line in lines(tmp_path / file)] == ["hello"]


def test_warnings_and_errors_also_go_to_the_file_of_the_day(tmp_path: Path) -> None:
    configure_logging(Settings(log_dir=tmp_path), "worker")
    log = structlog.get_logger()
    log.info("fine")
    log.warning("odd")
    try:
        int("broken at redis://:hunter2@h")
    except ValueError:
        log.exception("failed")
        logging.getLogger("other").exception("failed too")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old-fashioned", stacklevel=1)
    both = lines(error_file(tmp_path))
    assert [line["event"] for line in both[:3]] == ["odd", "failed", "failed too"]
    assert "old-fashioned" in both[3]["event"]
    assert "broken at redis://:***@h" in both[1]["exception"]
    assert [line["event"] for line in lines(tmp_path / "monitoring.log")[1:]] == [line["event"] for line in both]


def test_a_line_of_another_library_has_the_same_moment_in_both_files(tmp_path: Path) -> None:
    configure_logging(Settings(log_dir=tmp_path), "worker")
    logging.getLogger("other").error("once")
    assert lines(tmp_path / "monitoring.log") == lines(error_file(tmp_path))


def test_no_secret_reaches_a_file_or_the_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_dir=tmp_path), "worker")
    settings = Settings.model_validate({"database_url": "mysql://u:hunter2@h/d", "runninghub_api_key": "hunter2"})
    log = structlog.get_logger()
    log.error(
        "to %s", settings.database_url, url=settings.database_url, api_key="hunter2", headers={"token": "hunter2"}
    )
    log.error("settings", settings=settings, key=settings.runninghub_api_key, error=ValueError("a://u:hunter2@h"))
    logging.getLogger("celery").error("Connected to %s", settings.database_url)
    written = "".join(path.read_text() for path in tmp_path.rglob("*.log")) + capsys.readouterr().err
    assert "mysql+pymysql://u:***@h/d" in written
    assert "hunter2" not in written


@pytest.mark.parametrize(
    ("level", "process", "console"),
    [
        ("INFO", "worker", ["info", "warning"]),
        ("ERROR", "worker", []),
        ("INFO", "cli", ["warning"]),  # a person asked for a result, not for progress
        ("DEBUG", "cli", ["debug", "info", "warning"]),
    ],
)
def test_the_level_decides_what_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str, process: str, console: list[str]
) -> None:
    configure_logging(Settings.model_validate({"log_dir": tmp_path, "log_level": level}), process)
    log = structlog.get_logger()
    log.debug("one")
    log.info("one")
    log.warning("one")
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == len(console)
    assert all(level in line for level, line in zip(console, shown, strict=True))


def test_addresses_that_a_library_shows_for_debugging_stay_out(tmp_path: Path) -> None:
    configure_logging(Settings.model_validate({"log_dir": tmp_path, "log_level": "DEBUG"}), "worker")
    logging.getLogger("urllib3.connectionpool").debug('"POST /hook/token HTTP/1.1" 200')
    logging.getLogger("another.library").debug("something")
    said = (tmp_path / "monitoring.log").read_text()
    assert "something" in said
    assert "/hook/token" not in said


def test_configuring_again_doubles_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        configure_logging(Settings(log_dir=tmp_path), "worker")
    structlog.get_logger().warning("once")
    assert len(lines(tmp_path / "monitoring.log")) == len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_was_moved_away_or_deleted_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    configure_logging(Settings(log_dir=folder), "worker")
    log = structlog.get_logger()
    log.info("first")
    (folder / "monitoring.log").rename(folder / "monitoring.log.1")
    log.info("second")
    assert [line["event"] for line in lines(folder / "monitoring.log")] == ["second"]
    folder.rename(tmp_path / "elsewhere")
    log.warning("third")
    assert [line["event"] for line in lines(folder / "monitoring.log")] == ["third"]
    assert [line["event"] for line in lines(error_file(folder))] == ["third"]


def test_many_processes_write_whole_lines(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, structlog\nfrom consistency.logs import configure_logging\n"
        "from consistency.settings import Settings\n"
        "configure_logging(Settings(log_dir=pathlib.Path(sys.argv[1])), 'worker')\n"
        "for number in range(25): structlog.get_logger().info('line', filler='x' * 20_000)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait(timeout=200) for process in started] == [0] * 4
    assert [line["event"] for line in lines(tmp_path / "monitoring.log")] == ["line"] * 100


def test_a_folder_that_cannot_be_written_is_told_by_the_name_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigurationError, match=r"^log_dir: .*/file.* cannot be written: Not a directory; set RECONCILERY"
    ):
        configure_logging(Settings(log_dir=tmp_path / "file"), "worker")
    (tmp_path / "logs" / "monitoring.log").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"monitoring\.log cannot be written: Is a directory"):
        configure_logging(Settings(log_dir=tmp_path / "logs"), "worker")
