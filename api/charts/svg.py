"""SVG as text: elements whose attributes and texts are escaped, so that nothing a user wrote can become markup."""

import re
from html import escape
from typing import Self

# What steers terminals, cannot stand in XML, or turns the direction of the text behind it.
_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


class Svg(str):
    """Text that is markup already; templates do not escape it again."""

    __slots__ = ()

    def __html__(self) -> Self:
        return self


class Picture(Svg):
    """A whole chart; `told` is what it shows, in words."""

    told: str

    def __new__(cls, markup: Svg, told: str) -> Self:
        made = super().__new__(cls, markup)
        made.told = told
        return made


def element(name: str, *inside: str, **attributes: object) -> Svg:
    """`<name …>inside</name>`: what is no `Svg` is escaped; `view_box` is written viewBox, `aria_label` aria-label.

    An attribute that is None is left out, and `class_` is `class`.
    """
    written = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    content = "".join(each if isinstance(each, Svg) else shown(each) for each in inside)
    return Svg(f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>")


def joined(*parts: str) -> Svg:
    """Several elements in a row."""
    return Svg("".join(each if isinstance(each, Svg) else shown(each) for each in parts))


def shown(text: str) -> Svg:
    """The text as it may stand in markup."""
    return Svg(escape(_UNSHOWN.sub("\ufffd", text)))


def number(value: float) -> str:
    """At most two places behind the point, and none that say nothing: `12.5`."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _name(key: str) -> str:
    return _SPELLED.get(key) or key.rstrip("_").replace("_", "-")


_SPELLED = {"view_box": "viewBox", "preserve_aspect_ratio": "preserveAspectRatio"}


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else shown(str(value))
