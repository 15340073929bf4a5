"""Certificates for servers of tests, and servers that speak TLS with them."""

import socket
import subprocess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from tests.servers.missing import program
from tests.servers.talking import Talking


def certificate(folder: Path) -> Path:
    """A certificate of `localhost` and 127.0.0.1 that vouches for itself, with its key in `key.pem` beside it."""
    openssl = program("openssl", "openssl")
    key, found = folder / "key.pem", folder / "certificate.pem"
    command = f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(found)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return found


def speak_tls(server: Talking, found: Path) -> None:
    """From now on the server answers over TLS alone."""
    server.socket = _wrapped(server.socket, found)


def _wrapped(sock: socket.socket, found: Path) -> socket.socket:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found, found.with_name("key.pem"))
    # The thread that answers shakes hands, so that a slow client holds up no other.
    return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
