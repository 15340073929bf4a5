"""A user's own text of a message: a Jinja template in a sandbox, given facts as plain values."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from consistency.one_line import one_line

_LONGEST_REASON = 150


class TemplateFailed(Exception):
    """The template made no text; says why in a few words."""


class Ready(str):
    """Text that stands in the template's markup already."""

    __slots__ = ()


class Template:
    """One template for one markup: what it takes from the message goes through `escape`, what it writes itself not."""

    def __init__(self, source: str, escape: Callable[[str], str], filters: Mapping[str, Callable[..., str]]) -> None:
        def harmless(value: object) -> str:
            return value if isinstance(value, Ready) else escape(str(value))

        # The markup's own `escape` stands in for HTML's.
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, finalize=harmless, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters.update(filters)
        self._trouble = ""
        try:
            self._template = environment.from_string(source)
        except TemplateSyntaxError as error:
            self._trouble = f"line {error.lineno}: {error.message}"
        except Exception as error:  # noqa: BLE001 - a template of any kind must not hold back a message
            self._trouble = _words(error)

    def render(self, facts: Mapping[str, Any]) -> str:
        """The text; TemplateFailed if there is none."""
        if self._trouble:
            raise TemplateFailed(one_line(self._trouble, _LONGEST_REASON))
        try:
            text = self._template.render(facts).strip()
        except Exception as error:  # noqa: BLE001 - a template of any kind must not hold back a message
            raise TemplateFailed(one_line(_words(error), _LONGEST_REASON)) from None
        if not text:
            raise TemplateFailed("it came out empty")
        return text


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
