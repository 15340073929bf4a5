"""The pages and files that are made from the code, each by a function without arguments; `scripts/docs` runs this."""

from pathlib import Path

from channels_page import channels_page
from dashboard import dashboard
from http_page import http_page
from settings_page import settings_page

from cli.config_template import template
from cli.manual import manual

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "deploy/grafana/reconcilery.json": dashboard,
    "deploy/reconcilery.example.toml": template,
    "docs/reference/channels.md": channels_page,
    "docs/reference/cli.md": manual,
    "docs/reference/http-paths.md": http_page,
    "docs/reference/settings.md": settings_page,
}


def write_pages() -> None:
    """Write every page whose text has changed, and say which."""
    for name, made in PAGES.items():
        page, text = ROOT / name, made()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            print(f"Wrote {name}")
