"""A browser without JavaScript: it keeps cookies, follows links and sends the forms that it was shown."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import requests

from tests.servers.api import PATIENCE_SECONDS, Api

#: What stands in the frame of every page; what comes beside it is the page's own.
PAGES = ("/", "/missing", "/repairs", "/alerts", "/alerts?state=all", "/runs", "/events", "/report")
_OWN = re.compile(r"/static/[a-z.]+\?[0-9a-f]{12}", re.ASCII)


class _Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass(frozen=True)
class Page:
    """What came back."""

    answer: requests.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def elements(self) -> list[tuple[str, dict[str, str]]]:
        return _parsed(self.answer.text).elements

    @property
    def text(self) -> str:
        """All words, with single blanks."""
        return " ".join("".join(_parsed(self.answer.text).words).split())

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.answer.text, re.DOTALL)
        assert found
        return found[1]

    @property
    def message(self) -> str:
        """What the page says of what was just done."""
        found = re.search(r'<p class="message (?:done|failed)"[^>]*>(.*?)</p>', self.answer.text, re.DOTALL)
        return _clean(found[1]) if found else ""

    @property
    def proof(self) -> str:
        """What the page's forms prove their origin with."""
        return next(each["value"] for _, each in self.elements if each.get("name") == "form_token")

    def actions(self) -> set[str]:
        """Where its forms go."""
        return {each["action"] for tag, each in self.elements if tag == "form"}

    def links(self) -> set[str]:
        """Where its links lead."""
        return {each["href"] for tag, each in self.elements if tag == "a" and "href" in each}


@dataclass
class Browser:
    """One browser, without anything kept at first."""

    api: Api
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.headers["Accept"] = "text/html,application/xhtml+xml"

    def see(self, path: str, status: int = 200, **how: Any) -> Page:
        """The page of that path, wherever it leads."""
        page = Page(self.session.get(self.api.url + path, timeout=PATIENCE_SECONDS, **how))
        assert page.status == status, page.answer.text
        return page

    def send(self, path: str, status: int = 200, seen: str = "/repairs", **fields: str) -> Page:
        """The page after a form was sent there with the proof of a page that was seen before."""
        return self.post(path, {"form_token": self.see(seen).proof, **fields}, status)

    def post(self, path: str, fields: dict[str, str], status: int = 200, **how: Any) -> Page:
        """The same with these fields alone."""
        page = Page(self.session.post(self.api.url + path, data=fields, timeout=PATIENCE_SECONDS, **how))
        assert page.status == status, page.answer.text
        return page


def assert_self_contained(page: Page) -> None:
    """It asks no other server for anything, and nothing in it could run or style itself."""
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        assert tag not in {"style", "iframe", "object", "base", "embed"}, tag
        if tag == "script":
            assert _OWN.fullmatch(attributes["src"]), attributes
        if tag == "link":
            assert _OWN.fullmatch(attributes["href"]), attributes
        assert not attributes.get("src", "").startswith(("http", "//")), attributes
        assert not attributes.get("href", "").lower().startswith(("javascript:", "data:", "//")), attributes


def _parsed(text: str) -> _Elements:
    found = _Elements()
    found.feed(text)
    return found


def _clean(markup: str) -> str:
    return " ".join("".join(_parsed(markup).words).split())
