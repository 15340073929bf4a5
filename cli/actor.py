"""In whose name a command acts."""

import getpass
import os
import socket


def actor() -> str:
    """Who sits at this terminal: `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"[:200]
