"""The API describes itself, in a browser without internet, and the manual names every path."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.docs_page import FILES
from consistency.settings import Settings
from tests.factories.front_door import front_door

ROOT = Path(__file__).parent.parent.parent
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, each)
        for path, methods in described["paths"].items()
        for method, each in methods.items()
        if method in METHODS
    ]


def test_every_operation_says_what_it_does_and_what_may_go_wrong(described: dict[str, Any]) -> None:
    names = []
    for _method, path, operation in operations(described):
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        assert "application/problem+json" in operation["responses"]["4XX"]["content"], path
        names.append(operation["operationId"])
        for parameter in operation.get("parameters", []):
            assert parameter["in"] == "path" or parameter["description"], (path, parameter["name"])
    assert len(set(names)) == len(names)


def test_every_tag_is_explained(described: dict[str, Any]) -> None:
    known = {tag["name"] for tag in described["tags"] if tag["description"]}
    assert {tag for _, _, operation in operations(described) for tag in operation["tags"]} <= known


def test_everything_but_the_probes_says_that_it_may_need_a_token(described: dict[str, Any]) -> None:
    for _method, path, operation in operations(described):
        if path.startswith("/api/"):
            assert operation.get("security"), path


def test_the_manual_names_every_operation(described: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "reference" / "http-paths.md").read_text(encoding="utf-8")
    missing = [f"{method} {path}" for method, path, _ in operations(described) if f"`{method} {path}`" not in page]
    assert missing == []


def test_the_page_needs_nobody_but_this_server(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        page = api.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "://" not in page.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", page.text)
        for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            assert api.get(path).status_code == 200, path
        assert "validatorUrl: null" in api.get("/docs/start.js").text


@pytest.mark.parametrize("path", ["..%2f..%2fapp.py", "../app.py", "%2e%2e/app.py", "/etc/passwd", "", "nothing.js"])
def test_nothing_but_the_pages_files_is_given_away(sqlite_url: str, path: str) -> None:
    with front_door(sqlite_url) as api:
        answer = api.get(f"/docs/files/{path}")
        assert answer.status_code in {404, 405}
        assert "create_app" not in answer.text


def test_the_files_of_others_are_unchanged_and_their_licence_is_with_them() -> None:
    listed = dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (FILES / "README.md").read_text(), re.MULTILINE))
    assert set(listed) == {"swagger-ui-bundle.js", "swagger-ui.css"}
    for name, digest in listed.items():
        assert hashlib.sha256((FILES / name).read_bytes()).hexdigest() == digest
    assert "Apache License" in (FILES / "LICENSE").read_text()
