"""What the studio's people are told: a small web address that takes signed webhooks and keeps them.

INBOX_KEY=whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA= python examples/image_studio/inbox.py 8201 inbox.jsonl

The signing key stands in the environment, because everybody on a machine sees the arguments of its programs.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ADDRESS = "127.0.0.1"
TOLERANCE_SECONDS = 300


def main() -> None:
    """Take messages until the process is ended."""
    parser = argparse.ArgumentParser(description="Takes signed webhooks and keeps them, a line each.")
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    server = Inbox((ADDRESS, arguments.port), Receiver)
    server.file, server.key = arguments.file, base64.b64decode(os.environ["INBOX_KEY"].removeprefix("whsec_"))
    server.daemon_threads = True
    print(f"the inbox answers at http://{ADDRESS}:{arguments.port}", flush=True)
    server.serve_forever()


class Inbox(ThreadingHTTPServer):
    """The server with what every request needs."""

    file: Path
    key: bytes


class Receiver(BaseHTTPRequestHandler):
    """POST takes a message; GET answers, so that others can see that the inbox is there."""

    protocol_version = "HTTP/1.1"
    server: Inbox

    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._is_signed(body):
            self._answer(401)
            return
        event = json.loads(body)
        with self.server.file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps({"id": self.headers["webhook-id"], **event}, ensure_ascii=False) + "\n")
        print(f"inbox: {event['message']}", flush=True)
        self._answer(204)

    def _is_signed(self, body: bytes) -> bool:
        """By the rules of Standard Webhooks: over id, time and body, and not long ago."""
        name, moment = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "")
        if not moment.isdecimal() or abs(time.time() - int(moment)) > TOLERANCE_SECONDS:
            return False
        expected = hmac.new(self.server.key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
        given = self.headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(f"v1,{base64.b64encode(expected).decode()}", each) for each in given)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What matters is printed."""


if __name__ == "__main__":
    main()
