"""How the HTTP API of this machine answers, for container health checks: asked with the standard library alone.

A client with more comforts takes longer to import than the answer takes to come.
"""

import http.client
from collections.abc import Mapping
from pathlib import Path

from consistency.errors import BadRequest
from consistency.one_line import one_line
from consistency.setting_sources import gather

_SECONDS = 9.0
_LARGEST_PORT = 65535
_LONGEST = 65_536
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where it listens, not we


def address_of(environ: Mapping[str, str], cwd: Path) -> tuple[str, int]:
    """Where the settings say that it listens; one that listens everywhere is asked at this machine's own address."""
    found = gather(("api_host", "api_port"), (), {}, environ, cwd).values
    host, port = str(found.get("api_host") or "127.0.0.1"), str(found.get("api_port") or 5000)
    if not port.isascii() or not port.isdigit() or int(port[:6]) > _LARGEST_PORT:
        raise BadRequest(f"api_port: must be a port from 1 to {_LARGEST_PORT}, not {port[:60]!r}")
    return _EVERYWHERE.get(host, host), int(port)


def ask(host: str, port: int, path: str) -> tuple[bool, list[str]]:
    """Whether it answers with 200, and the lines of its answer or why there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        lines = answer.read(_LONGEST).decode("utf-8", "replace").splitlines()
    except TimeoutError:
        return False, [f"no answer at http://{host}:{port} within {_SECONDS:g} s"]
    except (OSError, http.client.HTTPException) as error:
        return False, [f"no answer at http://{host}:{port}: {one_line(error)}; is `reconcilery serve` running?"]
    finally:
        connection.close()
    return answer.status == http.client.OK, list(map(one_line, lines))
