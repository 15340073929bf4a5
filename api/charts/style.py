"""The style of the charts, for a page's own file or a report's one style element."""

from pathlib import Path

STYLE_FILE = Path(__file__).with_name("charts.css")


def chart_style() -> str:
    """The rules, as text."""
    return STYLE_FILE.read_text(encoding="utf-8")
