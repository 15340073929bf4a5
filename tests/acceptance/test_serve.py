"""`reconcilery serve` as a process: it says when it answers, ends when it is asked to, and names what is wrong."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from tests.acceptance.command_line import PROGRAM, Ended, Place, ended
from tests.factories.front_door import EVENTS, NOBODY, an_event
from tests.servers.pausing import way_to

SAID = re.compile(r"answers at (http://\S+)")


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Place:
    values = {"DATABASE_URL": sqlite_url, "LOG_DIR": str(tmp_path / "logs"), "REDIS_URL": NOBODY, "API_PORT": "0"}
    found = Place(tmp_path, {f"RECONCILERY_{name}": value for name, value in values.items()})
    assert found.run("init").code == 0
    return found


@contextmanager
def serving(place: Place, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address at which it says that it answers."""
    process = place.start(*PROGRAM, "serve", *arguments)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        said = SAID.search(line)
        assert said, f"{line}{ended(process).err}"
        yield said[1], process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            ended(process)


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> Ended:
    process.send_signal(by)
    return ended(process)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_when_it_says_so_and_ends_when_it_is_asked_to(place: Place, by: signal.Signals) -> None:
    with serving(place) as (url, process):
        assert requests.get(f"{url}/livez", timeout=30).text == "ok\n"
        assert requests.post(url + EVENTS, json=an_event(), timeout=30).status_code == 202
        following = requests.get(url + EVENTS, headers={"Accept": "text/event-stream"}, stream=True, timeout=60)
        end = stopped(process, by)
        assert following.content.startswith(b"retry:")
    assert (end.code, end.out) == (0, "")
    assert end.err.splitlines()[-1] == "Stopped"
    lines = [json.loads(line) for line in (place.folder / "logs" / "monitoring.log").read_text().splitlines()]
    told = [line for line in lines if line["event"] == "http.request"]
    assert {(line["path"], line["process"]) for line in told} >= {("/livez", "api"), (EVENTS, "api")}


def test_a_token_that_was_made_opens_the_door(place: Place) -> None:
    made = place.run("config", "token", "--scope", "operate", "--for", "1d")
    assert made.code == 0
    token = re.search(r"rcy_\S+", made.err)
    assert token is not None
    assert token[0] not in made.out
    (place.folder / "reconcilery.toml").write_text(made.out)
    known = place.changed(RECONCILERY_CONFIG=str(place.folder / "reconcilery.toml"))
    with serving(known, "--host", "0.0.0.0") as (url, process):
        here = url.replace("0.0.0.0", "127.0.0.1")
        good = {"Authorization": f"Bearer {token[0]}"}
        assert requests.post(here + EVENTS, json=an_event(), timeout=30).status_code == 401
        assert requests.post(here + EVENTS, json=an_event(), headers=good, timeout=30).status_code == 202
        assert stopped(process, signal.SIGTERM).code == 0
    logged = (place.folder / "logs" / "monitoring.log").read_text()
    assert token[0] not in logged
    assert '"caller": "operate-' in logged


def test_it_listens_where_it_is_told_to(place: Place) -> None:
    with serving(place, "--host", "localhost", "--port", "0") as (url, _):
        assert url.startswith("http://localhost:")
        assert requests.get(f"{url}/livez", timeout=30).status_code == 200


def test_a_taken_port_is_one_clear_line(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = place.run("serve", "--port", port)
    assert (end.code, end.out) == (1, "")
    assert end.err.splitlines() == [
        f"Error: cannot listen at http://127.0.0.1:{port}: Address already in use; choose another with --host or --port"
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "Error: api_host: 0.0.0.0 can be reached from other machines"),
        (("--host", "a b"), "Error: --host must be an address or name of this machine"),
        (("--port", "70000"), "Invalid value for '--port'"),
        (("--port", "x"), "Invalid value for '--port'"),
    ],
)
def test_what_cannot_be_is_told_before_anything_listens(place: Place, arguments: tuple[str, ...], told: str) -> None:
    end = place.run("serve", *arguments)
    assert (end.code, end.out) == (2, "")
    assert told in end.err
    assert len([line for line in end.err.splitlines() if line.startswith("Error")]) == 1


def test_without_a_database_it_says_what_to_set(place: Place) -> None:
    end = place.changed(RECONCILERY_DATABASE_URL="").run("serve")
    assert (end.code, end.out) == (2, "")
    assert "database_url" in end.err


def test_it_answers_while_its_database_is_not_there(place: Place) -> None:
    away = place.changed(RECONCILERY_DATABASE_URL="postgresql://nobody:hush@127.0.0.1:1/none")
    with serving(away) as (url, process):
        assert requests.get(f"{url}/livez", timeout=30).status_code == 200
        assert requests.get(url + EVENTS, timeout=30).status_code == 503
        end = stopped(process, signal.SIGTERM)
    assert end.code == 0
    assert "hush" not in end.err


@pytest.mark.full
def test_it_ends_though_its_database_is_frozen(place: Place, postgres_url: str) -> None:
    url = make_url(postgres_url)
    assert url.port
    with way_to(url.port) as way:
        led = url.set(port=way.port).render_as_string(hide_password=False)
        with serving(place.changed(RECONCILERY_DATABASE_URL=led)) as (here, process):
            assert "init" in requests.get(here + EVENTS, timeout=30).json()["detail"]
            way.freeze()
            assert requests.get(here + EVENTS, timeout=30).status_code == 503
            assert stopped(process, signal.SIGTERM).code == 1
