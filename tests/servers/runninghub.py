"""A local RunningHub: speaks its protocols, serves the files it links to, and misbehaves in every way it is told.

Within a test: `with runninghub() as hub`. As a process of its own, for acceptance tests and load:

    python -m tests.servers.runninghub --port 0 --manner '{"rate": 50}'

which writes `READY http://127.0.0.1:PORT`; see `runninghub_process.py` for how it is told what to do then.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.servers.runninghub_protocol import PATHS, TRUTHS, account, said, wrong_key
from tests.servers.runninghub_rules import Book, Manner, Rule
from tests.servers.talking import Request, Response, Talking, json_response, serving

PAGE = b"<!doctype html><html><body>We will be back soon</body></html>"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 56
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"


class RunningHubServer:
    """Tell it with `rule`, ask it with `seen`; `url` and `key` are what a client needs."""

    def __init__(self, manner: Manner, port: int = 0) -> None:
        self.book = Book(manner)
        self.server = Talking(self.answer, port)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def key(self) -> str:
        return self.book.manner.key

    def rule(self, do: str, **more: Any) -> None:
        """From now on do so: for one `task=` or all, at one question (`at=`) or all, `times=` or for ever.

        Truths: success, no_output, starting, running, queued, failed, cancelled, gone, bad_id, wrong_key, no_record.
        Exactly: code (code, msg, data, status), json (body, status), status (status, retry_after).
        Mischief: html, half, empty, huge (megabytes), close, trickle_head, trickle_body, slow (seconds), redirect (to).
        Files: expired, no_head, no_range.
        """
        self.book.add({"do": do, **more})

    def seen(self) -> dict[str, dict[str, int]]:
        """What was asked; see Book.seen."""
        return self.book.seen()

    def answer(self, request: Request) -> Response:
        path = request.path.partition("?")[0]
        if path.startswith("/admin/"):
            return self._admin(path, request)
        if path.startswith("/files/"):
            return self._file(path, request)
        if path not in PATHS:
            return self._unknown(path)
        with self.book.under_way():
            return self._api(PATHS[path], request)

    def _unknown(self, path: str) -> Response:
        costly = path.startswith(("/task/", "/openapi/", "/uc/"))
        self.book.count("costly" if costly else "calls", path)
        return Response(404, PAGE, {"Content-Type": "text/html"})

    def _api(self, at: str, request: Request) -> Response:
        body = request.json()
        task = str(body.get("taskId", ""))
        self.book.count("calls", at)
        self.book.count("tasks", task)
        if not self.book.may_ask():
            return self._refused()
        rule = self.book.rule_for(at, task)
        if rule["do"] in TRUTHS and not self._knows(at, body, request):
            return json_response(wrong_key(at))
        response = self._said(rule, at, task, body)
        # Waited for here and not while answering, so that a call counts as under way as long as it takes.
        self.server.ending.wait(response.wait + self.book.manner.latency)
        return replace(response, wait=0.0)

    def _refused(self) -> Response:
        if self.book.manner.refuse_with == "429":
            return json_response({"error": "too many requests"}, 429, {"Retry-After": "1"})
        return json_response({"code": 1003, "msg": "rate limit exceeded", "data": None})

    def _knows(self, at: str, body: Mapping[str, Any], request: Request) -> bool:
        if at == "query":
            return request.headers.get("authorization") == f"Bearer {self.key}"
        return bool(body.get("apikey" if at == "account" else "apiKey") == self.key)

    def _said(self, rule: Rule, at: str, task: str, body: Mapping[str, Any]) -> Response:
        do = str(rule["do"])
        if do not in TRUTHS:
            return mischief(rule, json_response(self._truth("success", at, task, rule)))
        if at == "account" and do == "success":
            return json_response(account() if "apikey" in body else {"code": 301, "msg": "PARAMS_INVALID"})
        return json_response(self._truth(do, at, task, rule))

    def _truth(self, truth: str, at: str, task: str, rule: Rule) -> dict[str, Any]:
        return said(at, truth, task, self.url, rule.get("nodes", self.book.manner.nodes))

    def _file(self, path: str, request: Request) -> Response:
        task = path.split("/")[2]
        self.book.count("calls", f"files {request.method}")
        rule = self.book.rule_for("files", task)
        picture = Response(200, PNG, {"Content-Type": "image/png"})
        do = rule["do"]
        if (do == "no_head" and request.method == "HEAD") or (do == "no_range" and "range" in request.headers):
            return Response(rule.get("status", 405))
        if do in {"success", "no_head", "no_range"}:
            part = Response(206, PNG[:1], {"Content-Range": f"bytes 0-0/{len(PNG)}"})
            return part if "range" in request.headers else picture
        return mischief(rule, picture)

    def _admin(self, path: str, request: Request) -> Response:
        asked = request.json()
        if path == "/admin/rule":
            self.book.add(asked)
        elif path == "/admin/forget":
            self.book.forget()
        elif path == "/admin/manner":
            self.book.manner = replace(self.book.manner, **asked)
        return json_response(self.book.seen())


def mischief(rule: Rule, honest: Response) -> Response:
    """What a rule makes of an honest response."""
    do = rule["do"]
    if do == "code":
        body = {"code": rule["code"], "msg": rule.get("msg", ""), "data": rule.get("data")}
        return json_response(body, rule.get("status", 200))
    if do == "json":
        return json_response(rule["body"], rule.get("status", 200), rule.get("headers"))
    if do == "status":
        wait = {"Retry-After": str(rule["retry_after"])} if "retry_after" in rule else {}
        return Response(rule["status"], PAGE, {"Content-Type": "text/html", **wait})
    simple = {
        "html": Response(200, PAGE, {"Content-Type": "text/html"}),
        "empty": Response(200),
        "expired": Response(403, EXPIRED, {"Content-Type": "application/xml"}),
        "huge": Response(200, str(rule.get("megabytes", 200)).encode(), trick="huge"),
        "redirect": Response(rule.get("status", 302), b"", {"Location": str(rule.get("to", ""))}),
        "slow": replace(honest, wait=float(rule.get("seconds", 0))),
    }
    return simple[do] if do in simple else replace(honest, trick=do)


@contextmanager
def runninghub(**manner: Any) -> Iterator[RunningHubServer]:
    """A server of this process for the time of the block; the arguments are fields of Manner."""
    hub = RunningHubServer(Manner(**manner))
    with serving(hub.server):
        yield hub


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--manner", default="{}", help="fields of Manner as JSON")
    options = parser.parse_args()
    hub = RunningHubServer(Manner(**json.loads(options.manner)), options.port)
    print(f"READY {hub.url}", flush=True)  # noqa: T201 - whoever started us reads it
    hub.server.serve_forever()


if __name__ == "__main__":
    main()
