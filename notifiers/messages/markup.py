"""How each chat writes bold, links and characters that mean something to it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """`escape` makes foreign text harmless: it formats nothing and calls nobody."""

    escape: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]
    #: What ends a line within a part.
    newline: str = "\n"


def _as_it_is(text: str) -> str:
    return text


PLAIN = Markup(_as_it_is, _as_it_is, lambda text, url: f"{text}: {url}")
