"""Free TCP ports of this machine's own address."""

import socket

LOCALHOST = "127.0.0.1"


def free_port(wish: int = 0) -> int:
    """The wished port if nobody has it, else the next free one; without a wish, any free one."""
    for port in range(wish, wish + 100) if wish else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port from {wish} on at {LOCALHOST}")
