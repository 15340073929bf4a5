"""Logs: JSON lines in files for programs, readable lines on a terminal for people, secrets in neither.

What structlog's context holds (task_id, root_id, run_id) stands on every line, also on those of Celery and others.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from structlog.types import Processor

from consistency.errors import ConfigurationError
from consistency.log_files import AppendingHandler, open_to_append
from consistency.masking import mask_text, mask_value
from consistency.model import utc_text
from consistency.settings import Settings

RESULTS = "monitoring_results"
_FOLDERS = ("alerts", "errors", RESULTS)
_OURS = "reconcilery."
_SCHEDULERS = ("beat", "scheduler")
_PERSON = "cli"


def configure_logging(settings: Settings, process: str) -> None:
    """Send all logging of this process to its files and to stderr; may be called again.

    `process` is "worker", "beat", "api", "cli" or the like: beat writes scheduler.log, the others monitoring.log, and
    the command line shows a person only warnings. Raises ConfigurationError when `log_dir` cannot be written.
    """
    file = settings.log_dir / ("scheduler.log" if process in _SCHEDULERS else "monitoring.log")
    _prepare(settings.log_dir, file)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_chain(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    as_json = _formatter(process, _json())
    errors = settings.log_dir / "errors"
    _install(
        settings.log_level,
        _named("file", AppendingHandler(lambda: file), as_json),
        _named("errors", AppendingHandler(lambda: _error_file(errors), logging.WARNING), as_json),
        _named("console", _console(process, settings.log_level), _formatter(process, _console_renderer(process))),
    )


def _prepare(folder: Path, file: Path) -> None:
    try:
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        os.close(open_to_append(file))
        os.close(open_to_append(_error_file(folder / "errors")))
    except OSError as error:
        where = Path(error.filename or folder)
        raise ConfigurationError(
            f"log_dir: {where} cannot be written: {error.strerror}; set RECONCILERY_LOG_DIR to a folder of your own"
        ) from None


def _error_file(folder: Path) -> Path:
    return folder / f"errors_{datetime.now(UTC):%Y%m%d}.log"


def _install(level: str, *handlers: logging.Handler) -> None:
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if (handler.name or "").startswith(_OURS)]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    # Its lines for debugging hold whole addresses, and with them the tokens of chats.
    logging.getLogger("urllib3").setLevel(max(logging.INFO, root.level))
    logging.captureWarnings(capture=True)


def _named(name: str, handler: logging.Handler, formatter: logging.Formatter) -> logging.Handler:
    handler.set_name(_OURS + name)
    handler.setFormatter(formatter)
    return handler


def _console(process: str, level: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING if process == _PERSON and level != "DEBUG" else logging.NOTSET)
    return handler


def _console_renderer(process: str) -> Processor:
    terminal = sys.stderr.isatty()
    if not terminal and process != _PERSON:
        return _json()
    colors = terminal and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _json() -> Processor:
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=lambda value: mask_text(str(value)))


def _formatter(process: str, renderer: Processor) -> logging.Formatter:
    def name_process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**event, "process": process}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_chain(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, name_process, _masked, renderer],
    )


def _chain() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _stamp,
    ]


def _stamp(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # A line of another library comes by here once for each file, and has its own moment.
    record: logging.LogRecord | None = event.get("_record")
    moment = datetime.fromtimestamp(record.created, UTC) if record else datetime.now(UTC)
    return {"timestamp": utc_text(moment), **event}


def _masked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return {key: mask_value(value, key) for key, value in (first | dict(event)).items()}
