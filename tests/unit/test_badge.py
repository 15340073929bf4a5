import xml.etree.ElementTree as ET
from typing import Any

import pytest

from api.views.badge import badge_object, badge_svg


def figures(**changes: Any) -> dict[str, Any]:
    known = {"check_id": "c", "stale": False, "health": "healthy", "tasks": 1000, "tasks_with_outputs": 1000}
    return {**known, "coverage": 1.0, **changes}


@pytest.mark.parametrize(
    ("changes", "message", "colour"),
    [
        ({}, "100 %", "brightgreen"),
        ({"tasks_with_outputs": 918, "health": "degraded"}, "91.8 %", "yellow"),
        ({"tasks_with_outputs": 500, "health": "unhealthy"}, "50.0 %", "red"),
        ({"tasks": 0, "tasks_with_outputs": 0, "health": "unknown"}, "unknown", "lightgrey"),
        ({"coverage": 0.5, "health": "unknown"}, "unknown", "lightgrey"),
        ({"stale": True, "health": "unknown"}, "overdue", "lightgrey"),
        ({"check_id": None, "stale": True, "health": "unknown", "tasks": None}, "never checked", "lightgrey"),
    ],
)
def test_a_badge_says_the_rate_or_why_there_is_none(changes: dict[str, Any], message: str, colour: str) -> None:
    badge = badge_object(figures(**changes), "outputs")
    assert (badge["message"], badge["color"]) == (message, colour)


@pytest.mark.parametrize("label", ["outputs", "<b>&\"'</b>", "输出", "a\x00\x1b\ud800b"])
def test_the_picture_is_xml_whatever_its_label_and_says_itself_in_words(label: str) -> None:
    picture = ET.fromstring(badge_svg(badge_object(figures(), label)).encode())
    title = picture.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == picture.get("aria-label")
    assert str(title.text).endswith(": 100 %")
    assert "style" not in picture.keys()  # noqa: SIM118 - an element has no other way to ask
