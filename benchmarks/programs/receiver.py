"""A web server that takes everything; `python -m benchmarks.programs.receiver [CERTIFICATE]` tells where.

It speaks TLS if there is a certificate.
"""

import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Receiver(BaseHTTPRequestHandler):
    """Reads what is posted and says that it is well."""

    protocol_version = "HTTP/1.1"
    # Else an answer waits for the acknowledgement of the one before.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def main() -> None:
    """Serve until the process is ended."""
    server, scheme = ThreadingHTTPServer(("127.0.0.1", 0), Receiver), "http"
    if len(sys.argv) > 1:
        certificate, scheme = Path(sys.argv[1]), "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"{scheme}://127.0.0.1:{server.server_address[1]}/hook", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
