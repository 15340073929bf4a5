"""Runs a command that dies with the process that started it, so that not even `kill -9` leaves an orphan.

A program of its own (`python tether.py PARENT COMMAND...`) because Python discourages work between fork and exec in a
process with threads; it needs nothing but the standard library and becomes the command.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie(parent: int) -> None:
    """Lets Linux kill this process when the thread that started it ends; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the tie held
            os.kill(os.getpid(), signal.SIGKILL)


def tethered(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command line that runs the command tied to this process; start it from a thread that outlives it."""
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


if __name__ == "__main__":
    tie(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command comes from the launcher
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
