"""Waits until one Celery node answers; a program of its own (`python -m cli.up.worker_ready APP NODE`)."""

import sys

from celery.app.utils import find_app
from kombu.exceptions import OperationalError

_ASK_SECONDS = 0.5


def wait_for_node(app_name: str, node: str) -> None:
    """Pings the node until it answers, for ever if need be; whoever started this sets the deadline."""
    control = find_app(app_name).control
    while True:
        try:
            if control.ping(destination=[node], timeout=_ASK_SECONDS):
                return
        except OperationalError as error:
            sys.exit(f"no broker: {error}")


if __name__ == "__main__":
    wait_for_node(*sys.argv[1:])
