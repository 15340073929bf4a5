"""Charts as a browser draws them: what is written beside them can be read at any width."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from api.charts.frame import Frame
from api.charts.style import chart_style
from api.charts.volume import volume_bars
from consistency.model import Window
from tests.servers.browser import chromium

#: The ends of the labels below the chart that are shown, from the left to the right.
_PLACES = """() => [...document.querySelectorAll("text.tick:not(.level)")]
    .map((label) => label.getBoundingClientRect()).filter((place) => place.width)
    .map((place) => [place.left, place.right])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("width", [288, 340, 479, 481, 1100])
def test_labels_of_a_chart_leave_room_for_each_other(browser: Browser, width: int) -> None:
    with browser.new_page() as page:
        for quarters in range(12):
            end = datetime(2026, 9, 16, 18, 0, tzinfo=UTC) + quarters * timedelta(minutes=15)
            window = Window(end - timedelta(hours=24), end)
            drawn = volume_bars([], Frame("Tasks", window, ZoneInfo("UTC")))
            page.set_content(
                f"<style>{chart_style()}</style><figure style='margin: 0; width: {width}px'>{drawn}</figure>"
            )
            places = page.evaluate(_PLACES)
            assert len(places) >= 4
            assert [pair for pair in pairwise(places) if pair[0][1] + 2 > pair[1][0]] == []
