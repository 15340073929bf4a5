"""A server process of the tests' own: with few rights, in a folder of its own, gone when the tests are gone."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cli.up.tether import tie

START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Account:
    """Whose rights a server gets: root hands over to an account without rights, anybody else keeps their own."""

    popen: Mapping[str, Any]
    uid: int | None = None
    gid: int | None = None


def account(*names: str) -> Account:
    """The first account of these names that exists, for root; for others and without names, no change."""
    if os.geteuid() != 0 or not names:
        return Account({})
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in names if name in known)
    return Account({"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}, entry.pw_uid, entry.pw_gid)


@contextmanager
def private_folder(owner: Account) -> Iterator[Path]:
    """A new folder of the account's; not pytest's tmp_path, whose parents are closed to other accounts."""
    folder = Path(tempfile.mkdtemp(prefix="reconcilery-"))
    if owner.uid is not None and owner.gid is not None:
        os.chown(folder, owner.uid, owner.gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_as(owner: Account, command: Sequence[str | Path], folder: Path) -> None:
    """Runs a command to its end with the account's rights; its output becomes part of the error if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **owner.popen,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}"


@contextmanager
def serving(
    owner: Account, command: Sequence[str | Path], folder: Path, answers: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server for the time of the block, which begins when it answers; its output is in `folder`/server.log."""
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(tie, os.getpid()),  # noqa: PLW1509 - the tests start servers before any thread
            **owner.popen,
        )
    try:
        _wait(server, answers, log)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        ended = server.poll() is not None
        assert not ended, f"the server ended with {server.returncode}:\n{log.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"the server does not answer:\n{log.read_text(errors='replace')}"
        time.sleep(0.02)
