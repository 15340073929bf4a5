"""How each chat writes bold, links, commands and the characters that mean something to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

#: Breaks up what a chat would read as a tag or a link, and is not seen.
_JOINT = "\u200b"
_TAG = re.compile(r"<(?=[A-Za-z/@!])")
_LARK = str.maketrans({character: f"&#{ord(character)};" for character in "&<>*~[]`"})
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_URL = str.maketrans({character: f"%{ord(character):02X}" for character in " ()<>|\"'`*\\"})


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Markup:
    """`escape` makes foreign text harmless: it formats nothing, links nowhere and calls nobody."""

    name: str
    escape: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]
    #: What ends a line within a part.
    newline: str = "\n"
    #: A command to be copied as it is, escaped as well; None where the chat has no form for it.
    code: Callable[[str], str] | None = None
    #: The name before a fact, escaped already.
    faint: Callable[[str], str] = _as_it_is
    #: Whether a coloured mark stands before the title, for want of another colour.
    marked: bool = False


def _stars(text: str) -> str:
    return f"**{text}**"


def _without_tags(text: str) -> str:
    return _TAG.sub(f"<{_JOINT}", text)


def _without_links(text: str) -> str:
    return _without_tags(text).replace("](", f"]{_JOINT}(")


def _named(text: str, url: str) -> str:
    return f"{text}: {url}"


def _bracketed(text: str, url: str) -> str:
    return f"[{text}]({url.translate(_URL)})"


def _ticked(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


PLAIN = Markup("plain", _as_it_is, _as_it_is, _named)
#: Text in which a chat knows only how to call people.
TAGGED = Markup("tagged", _without_tags, _as_it_is, _named)
LARK = Markup("lark", lambda text: text.translate(_LARK), _stars, _bracketed)
DINGTALK = Markup("dingtalk", _without_links, _stars, _bracketed, newline="  \n", marked=True)
WECOM = Markup(
    "wecom", _without_links, _stars, _bracketed, marked=True, code=lambda text: _ticked(_without_links(text))
)
SLACK = Markup(
    "slack",
    lambda text: text.translate(_SLACK),
    lambda text: f"*{text}*",
    lambda text, url: f"<{url.translate(_URL)}|{text}>",
    marked=True,
    code=lambda text: _ticked(text.translate(_SLACK)),
)
