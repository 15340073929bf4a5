"""Runs the launcher as told by a JSON object in the first argument; its story reports one line on standard output."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from cli.up.embedded import choose_broker
from cli.up.run import Running, run
from cli.up.service import Service
from cli.up.services import beat, flower, worker
from consistency.errors import BadRequest

PLAIN = """
import os, signal, sys, time
name, folder = sys.argv[1:3]
def note(word):
    with open(os.path.join(folder, "signals"), "a") as file:
        file.write(f"{name} {word}\\n")
def end(number, frame):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name.startswith("stubborn") else end)
signal.signal(signal.SIGINT, lambda number, frame: note("interrupted"))
with open(os.path.join(folder, name + ".starts"), "a") as file:
    file.write(f"{os.getpid()}\\n")
print("hello from", name, flush=True)
while True:
    time.sleep(60)
"""


def plain(name: str, folder: Path) -> Service:
    """Notes its starts and signals in files; ready, and the next one starts, when it has noted its start."""
    command = (sys.executable, "-c", PLAIN, name, str(folder))
    return Service(name, command, ready=lambda _: (folder / f"{name}.starts").exists(), first=True)


def service(name: str, folder: Path) -> Service:
    """A real service by its own name, one that cannot start, or a plain one."""
    makers = {
        "worker": lambda: worker(app="tiny_app"),
        "beat": lambda: beat(folder, app="tiny_app"),
        "flower": lambda: flower(app="tiny_app"),
        "broken": lambda: Service("broken", ("/no/such/program",), ready=lambda _: False),
    }
    return makers.get(name, lambda: plain(name, folder))()


def tell(running: Running, how: str) -> int:
    """Reports the addresses, then ends as it is told."""
    sys.stdout.write(json.dumps(dict(running.urls)) + "\n")
    sys.stdout.flush()
    if how == "waits":
        running.stopping.wait(120)
        return 0
    if how == "complains":
        raise BadRequest("rule: no rule has this name")
    return int(how)


def main() -> int:
    order: dict[str, Any] = json.loads(sys.argv[1])
    folder = Path(order["folder"])
    broker = choose_broker(None, folder / "redis") if order["redis"] else None
    provided = [broker.service] if broker and broker.service else []
    environment = {"RECONCILERY_REDIS_URL": broker.url if broker else ""}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return run(
        [*provided, *(service(name, folder) for name in order["services"])],
        environment=environment,
        story=lambda running: tell(running, order["story"]),
        keep_running=order["keep_running"],
    )


if __name__ == "__main__":
    sys.exit(main())
