"""The command lines of Celery's worker and beat, of the HTTP API and of Flower, and how each shows that it is ready."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.up.ports import LOCALHOST, free_port
from cli.up.service import Service
from cli.up.tether import tethered

APP = "monitor_tasks"
API_PORT = 5000
FLOWER_PORT = 5555
#: Flower itself looks for it in the working directory alone.
FLOWER_CONFIG = Path(__file__).parents[2] / "flowerconfig.py"
WORKER_STOP_SECONDS = 60.0  # a running task is allowed to end


def worker(*, app: str = APP, queues: Sequence[str] = (), concurrency: int = 2) -> Service:
    """A worker for the named queues; with none named it serves every queue of celeryconfig.task_queues."""
    node = f"worker-{os.getpid()}@{socket.gethostname()}"
    command = _celery(app, "worker", "--hostname", node, "--concurrency", str(concurrency))
    options = ("--without-gossip", "--without-mingle", "--loglevel", _log_level())
    chosen = ("--queues", ",".join(queues)) if queues else ()
    return Service(
        name="worker",
        command=(*command, *options, *chosen),
        ready=NodeAnswers(app, node),
        stop_seconds=WORKER_STOP_SECONDS,
    )


def beat(folder: Path, *, app: str = APP) -> Service:
    """The scheduler; remembers in `folder` what it has sent."""
    schedule = str(folder / "celerybeat-schedule")
    return Service(name="beat", command=_celery(app, "beat", "--schedule", schedule, "--loglevel", _log_level()))


def api(*, wished_port: int = API_PORT) -> Service:
    """The HTTP API with the web page, at this machine's own address."""
    port = free_port(wished_port)
    program = str(Path(sys.executable).with_name("reconcilery"))
    return Service(
        name="api",
        command=(program, "serve", "--host", LOCALHOST, "--port", str(port)),
        url=f"http://{LOCALHOST}:{port}",
        ready=lambda _environment: http_answers(port, "/livez"),
    )


def flower(*, app: str = APP, wished_port: int = FLOWER_PORT) -> Service:
    """Flower at this machine's own address: read-only, unless FLOWER_BASIC_AUTH asks everybody to log in."""
    port = free_port(wished_port)
    chosen = f"--conf={FLOWER_CONFIG}"
    options = () if os.environ.get("FLOWER_BASIC_AUTH") else ("--read_only=True",)
    return Service(
        name="flower",
        command=_celery(app, "flower", f"--address={LOCALHOST}", f"--port={port}", chosen, *options),
        url=f"http://{LOCALHOST}:{port}",
        ready=lambda _environment: http_answers(port, "/healthcheck"),
    )


class NodeAnswers:
    """Asks a Celery node by a process of its own, so that the question never blocks the launcher."""

    def __init__(self, app: str, node: str) -> None:
        self._command = (sys.executable, "-m", "cli.up.worker_ready", app, node)
        self._asking: subprocess.Popen[bytes] | None = None

    def __call__(self, environment: Mapping[str, str]) -> bool:
        """True once the node has answered."""
        if self._asking is None or self._asking.poll():
            self._asking = subprocess.Popen(  # noqa: S603 - the command line is ours
                tethered(self._command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._asking.poll() == 0


def http_answers(port: int, path: str) -> bool:
    """True when this machine's own port answers the path with no server error within a second."""
    connection = http.client.HTTPConnection(LOCALHOST, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _celery(app: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "--app", app, *arguments)


def _log_level() -> str:
    return os.environ.get("LOG_LEVEL", "INFO")
