"""The image service that the studio lets paint: it can tell again at any time what a job has made.

python examples/image_studio/image_service.py 8200
curl http://127.0.0.1:8200/jobs/job-1/outputs
"""

import argparse
import json
import struct
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from images import images_of

ADDRESS = "127.0.0.1"


def main() -> None:
    """Answer until the process is ended."""
    parser = argparse.ArgumentParser(description="A small image service.")
    parser.add_argument("port", type=int)
    port = parser.parse_args().port
    server = ThreadingHTTPServer((ADDRESS, port), Service)
    server.daemon_threads = True
    print(f"the image service answers at http://{ADDRESS}:{port}", flush=True)
    server.serve_forever()


class Service(BaseHTTPRequestHandler):
    """GET /jobs/ID/outputs answers with JSON, GET and HEAD /files/ID/N.png with a picture."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind, body = self._found()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that the library asks for

    def _found(self) -> tuple[str, bytes]:
        match self.path.strip("/").split("/"):
            case ["jobs", job, "outputs"] if job.startswith("job-"):
                made = {"status": "done", "outputs": images_of(job, f"http://{self.headers['Host']}")}
                return "application/json", json.dumps(made).encode()
            case ["files", job, _] if job.startswith("job-"):
                return "image/png", picture(sum(job.encode()) % 256)
        return "text/plain", b""

    def log_message(self, *_: object) -> None:
        """Nobody wants to read every request."""


def picture(grey: int) -> bytes:
    """A PNG of one pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes([0, grey]))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


if __name__ == "__main__":
    main()
