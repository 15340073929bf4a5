"""The pictures of the documentation are made by a script, from the product as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.launching import ROOT
from tests.servers.browser import PACKAGES
from tests.servers.missing import program

PICTURES = {"overview.png", "phone.png", "repair-plan.png", "repair-done.png"}
MOST_BYTES = 200_000


@pytest.mark.full
def test_the_script_makes_the_pictures_that_the_documentation_shows(tmp_path: Path) -> None:
    program("chromium", PACKAGES)
    subprocess.run([sys.executable, ROOT / "scripts" / "screenshots", tmp_path], check=True, timeout=280)
    made = {picture.name: picture.stat().st_size for picture in tmp_path.iterdir()}
    assert set(made) == PICTURES == {picture.name for picture in (ROOT / "docs" / "pictures").iterdir()}
    assert max(made.values()) < MOST_BYTES
