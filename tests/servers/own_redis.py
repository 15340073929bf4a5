"""A Redis that a test may kill and start again; what it was told is still there then."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.up.embedded import find_server, private_redis, redis_answers
from cli.up.ports import free_port
from tests.servers.process import account, serving


class OwnRedis:
    """Not yet running; `running` starts it on the same port and files each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service = private_redis(find_server(), folder, free_port(), secrets.token_hex(16))

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        url = self.service.url
        with serving(account(), self.service.command, self.folder, lambda: redis_answers(url)) as process:
            yield process
