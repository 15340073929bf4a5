"""A real browser, Debian's Chromium without a window, with what it may and may not do at our page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.servers.missing import program

PACKAGES = "chromium libatomic1 fonts-wqy-zenhei"
#: It asks nobody but us, and needs neither a graphics card nor much shared memory.
FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
#: What keeps people from using a page, as axe grades it.
GRAVE = {"serious", "critical"}
PATIENCE_MS = 60_000


class Visit:
    """A person at the page: one tab with cookies of its own; `faults` is whatever nobody must find in its tools."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.on("request", self._note_request)
        page.on("console", self._note_words)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))

    def go(self, path: str) -> bytes:
        """Open the page of that path; what was sent for it."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src")
        return answer.body()

    def grave_findings(self) -> list[str]:
        """What axe has to say of the page as it is now."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found
            for node in each["nodes"]
            if each["impact"] in GRAVE
        ]

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.url}/"):
            self.faults.append(f"asked {request.url}")

    def _note_words(self, message: ConsoleMessage) -> None:
        # Also what the policy of the page forbids is told here.
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser for the time of the block."""
    path = program("chromium", PACKAGES)
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, url: str, **how: Any) -> Iterator[Visit]:
    """Somebody new with those properties (see Playwright's new_context); at the end there must be no fault."""
    context = browser.new_context(locale=how.pop("locale", "en-GB"), **how)
    context.set_default_timeout(PATIENCE_MS)
    try:
        visit = Visit(context.new_page(), url)
        yield visit
        assert not visit.faults, "\n".join(visit.faults)
    finally:
        context.close()
