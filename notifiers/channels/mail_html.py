"""The HTML of a mail: a coloured bar for how grave it is, the title, and a part for each alert or event.

Mail programs leave out style sheets as they like, so what matters stands with each element, and no colour of text or
ground is set: dark programs choose their own.
"""

import html

from notifiers.messages.markup import Markup
from notifiers.messages.message import Message
from notifiers.messages.tone import Tone, tone_of
from notifiers.messages.wording import Wording

#: Seen well on white and on black.
_COLOURS = {
    Tone.CRITICAL: "#e5484d",
    Tone.HIGH: "#f76b15",
    Tone.MEDIUM: "#d6a100",
    Tone.LOW: "#3b82f6",
    Tone.RESOLVED: "#30a46c",
    Tone.CALM: "#8b8d98",
}
_CODE = "font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px"
_PAGE = "margin: 0; padding: 16px; font: 15px/1.5 -apple-system, 'Segoe UI', Roboto, 'PingFang SC', Arial, sans-serif"
_FRAME = "max-width: 680px; padding-left: 14px; border-left: 5px solid {}"
_HEADING = "margin: 0 0 12px; font-size: 18px; line-height: 1.35"
_PART = "margin: 0 0 16px; white-space: pre-wrap; overflow-wrap: anywhere"
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
    "<style>:root {{ color-scheme: light dark }}</style><title>{}</title>"
)


def _bold(text: str) -> str:
    return f"<b>{text}</b>"


def _link(text: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{text}</a>'


def _code(text: str) -> str:
    return f'<code style="{_CODE}">{html.escape(text)}</code>'


def _faint(text: str) -> str:
    return f'<span style="opacity: 0.7">{text}</span>'


HTML = Markup("html", html.escape, _bold, _link, code=_code, faint=_faint)


def mail_html(message: Message, title: str, wording: Wording, limit: int) -> str:
    """The page, below the title unless the user's own template says what a mail holds."""
    shown = html.escape(title)
    heading = "" if wording.template else f'<h1 style="{_HEADING}">{shown}</h1>'
    parts = "".join(f'<div style="{_PART}">{part}</div>' for part in wording.parts(message, limit, HTML))
    frame = f'<div style="{_FRAME.format(_COLOURS[tone_of(message)])}">{heading}{parts}</div>'
    return f'<!doctype html><html><head>{_HEAD.format(shown)}</head><body style="{_PAGE}">{frame}</body></html>'
