"""A badge: the completion rate of the latest check in one word and colour, as shields.io has them."""

from collections.abc import Mapping
from html import escape
from typing import Any

from consistency.model import Health
from consistency.one_line import one_line
from consistency.rules import rate_text

Record = dict[str, Any]

_COLOURS = {Health.HEALTHY: "brightgreen", Health.DEGRADED: "yellow", Health.UNHEALTHY: "red"}
#: The darker ones of each, on which white can be read.
_PAINTS = {"brightgreen": "#1a7f37", "yellow": "#8a6100", "red": "#c9252d", "lightgrey": "#5f6368"}
_GREY = "lightgrey"
_LETTER, _MARGIN, _HEIGHT = 7, 6, 20
#: A letter of these scripts takes two columns.
_WIDE_FROM = 0x1100


def badge_object(metrics: Mapping[str, Any], label: str) -> Record:
    """What the shields endpoint wants of the figures that `metrics_of` or `figures_of_verdict` gave."""
    return {
        "schemaVersion": 1,
        "label": label,
        "message": _message(metrics),
        "color": _COLOURS.get(metrics["health"], _GREY),
        "cacheSeconds": 60,
    }


def _message(metrics: Mapping[str, Any]) -> str:
    if metrics["check_id"] is None:
        return "never checked"
    if metrics["stale"]:
        return "overdue"
    if not metrics["tasks"] or metrics["coverage"] < 1:
        return "unknown"
    return rate_text(metrics["tasks_with_outputs"], metrics["tasks"])


def badge_svg(badge: Mapping[str, Any]) -> str:
    """The picture, with its words for those who cannot see it; it loads nothing and has no style of its own."""
    label, message = one_line(badge["label"]), one_line(badge["message"])
    left, right = _width(label), _width(message)
    name, total = escape(f"{label}: {message}"), left + right
    half = _HEIGHT // 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" role="img" aria-label="{name}">'
        f"<title>{name}</title>"
        f'<rect width="{left}" height="{_HEIGHT}" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{_PAINTS[badge["color"]]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left // 2}" y="{half + 4}">{escape(label)}</text>'
        f'<text x="{left + right // 2}" y="{half + 4}">{escape(message)}</text></g></svg>'
    )


def _width(words: str) -> int:
    return 2 * _MARGIN + sum(2 * _LETTER if ord(letter) >= _WIDE_FROM else _LETTER for letter in words)
