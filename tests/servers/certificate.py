"""A certificate of this machine's names, which nobody trusts who is not told to."""

import subprocess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from tests.servers.missing import program


def make_certificate(folder: Path) -> Path:
    """A file that is certificate and authority at once, for localhost and 127.0.0.1; its key is in key.pem beside."""
    openssl = program("openssl", "openssl")
    key, found = folder / "key.pem", folder / "certificate.pem"
    command = f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(found)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return found


def server_context(certificate: Path) -> SSLContext:
    """What a server encrypts with."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context
