"""docs/reference/http-paths.md, made from the description of the API so that it never lags behind."""

from collections.abc import Iterator
from typing import Any

from api.app import create_app
from consistency.settings import Settings

HEAD = """\
<!-- Made by scripts/docs from the modules of api/; do not edit. -->
# Paths of the HTTP API

[HTTP API](http.md) says what all of them have in common: errors, tokens, pages, repetitions.
GET needs a token that may read, everything else one with the scope `operate`; the probes `/livez` and `/readyz` need none.
HEAD is answered wherever GET is.
`/docs` shows the parameters with their bounds, the bodies and what is answered.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def http_page() -> str:
    """The whole page: a chapter a tag, a row an operation."""
    described = create_app(Settings()).openapi()
    return HEAD + "".join(chapter(tag, described["paths"]) for tag in described["tags"])


def chapter(tag: dict[str, Any], paths: dict[str, Any]) -> str:
    rows = "".join(
        row(method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS and tag["name"] in operation["tags"]
    )
    title = tag["name"].capitalize()
    return f"\n## {title}\n\n{tag['description']}\n\n| path | what it does | parameters |\n| --- | --- | --- |\n{rows}"


def row(method: str, path: str, operation: dict[str, Any]) -> str:
    said = " ".join(operation.get("description", "").split()).replace("|", "\\|")
    parameters = ", ".join(dict.fromkeys(named(operation)))
    return f"| `{method.upper()} {path}` | {operation['summary']}. {said} | {parameters} |\n"


def named(operation: dict[str, Any]) -> Iterator[str]:
    """The parameters of the query; those of the path stand in it."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            yield f"`{parameter['name']}`"
