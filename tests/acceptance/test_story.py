"""What a newcomer sees: the demo tells its story, then leaves an incident that can be put right with the mouse."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from cli.up.your_turn import MORE_LOST, WORKFLOW
from tests.servers.browser import PATIENCE_MS, chromium, visiting

#: Two stories' time on a machine that does much else.
PATIENCE_SECONDS = 400.0
STEPS = ("All is well", "Found", "Told", "Named", "Planned", "Repaired", "Verified", "Told in the same thread")

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def demo(folder: Path) -> Iterator[Path]:
    """`reconcilery up` in an empty folder with nothing configured; the file of what it says."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILERY_", "FLOWER_"))}
    said = folder / "said.txt"
    with said.open("w") as words:
        command = (Path(sys.executable).with_name("reconcilery"), "up", "--folder", folder / "var")
        process = subprocess.Popen(command, cwd=folder, env=bare, stdout=words, stderr=subprocess.STDOUT)
    with process:
        try:
            yield said
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0, said.read_text()
        finally:
            process.kill()


def heard(said: Path, words: str) -> str:
    """All that was said, once the words were."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while words not in (text := said.read_text()):
        assert "the story" not in text, text
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
    return text


def test_a_newcomer_sees_what_is_wrong_since_when_for_whom_and_who_was_told_and_puts_it_right(tmp_path: Path) -> None:
    with demo(tmp_path) as said:
        text = heard(said, "Preview the repair there")
        assert [step for step in STEPS if f"  {step}\n" not in text] == []
        (url,) = set(re.findall(r"How things stand: +(http://127\.0\.0\.1:\d+)", text))
        with chromium() as browser, visiting(browser, url) as visit:
            visit.go("/")
            read_the_verdict(visit.page)
            look_further_back(visit.page)
            put_it_right(visit.page)


def read_the_verdict(page: Page) -> None:
    verdict = page.get_by_role("main")
    expect(verdict).to_contain_text(f"{MORE_LOST} of {MORE_LOST} are workflow {WORKFLOW}.")
    expect(page.get_by_role("heading", level=2).first).to_contain_text(re.compile("^\\W*(Degraded|Unhealthy)"))
    expect(verdict).to_contain_text("Outputs have been missing since")
    alert = page.get_by_role("row").filter(has_text="tasks have no output")
    expect(alert).to_contain_text("inbox ✓")


def look_further_back(page: Page) -> None:
    page.get_by_role("link", name="Checks", exact=True).click()
    page.get_by_role("button", name="Full check (24 hours)").click()
    page.get_by_role("link", name="Overview").click()
    day = page.get_by_role("link").filter(has_text="Last 24 hours (full)")
    expect(day).to_contain_text(f"{MORE_LOST} missing of")


def put_it_right(page: Page) -> None:
    page.get_by_role("button", name="Preview the repair").click()
    page.get_by_label("To apply the plan").fill(str(MORE_LOST))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Healthy")
    expect(page.get_by_role("region", name="Open alerts")).to_contain_text("No alert is open.")
    expect(page.get_by_role("button", name="Preview the repair")).to_have_count(0)
