"""Sentences by name that are kept as text alone: made of their values, and known again by the same words.

For what is kept where there is no room for a code and its values beside the text.
"""

import re
from collections.abc import Mapping
from string import Formatter

#: What a value may be that has no form of its own: somebody's words.
_ANYTHING = ".+?"


class Sentences:
    """`sentences` have {values}; `forms` say as regular expressions what values are that are not anybody's words."""

    def __init__(self, sentences: Mapping[str, str], forms: Mapping[str, str]) -> None:
        self._sentences, self._forms = sentences, forms
        self._patterns = {name: self._pattern(sentence) for name, sentence in sentences.items()}

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self._sentences)

    def text(self, name: str, **values: object) -> str:
        """The sentence of that name."""
        return self._sentences[name].format_map(values)

    def read(self, text: str) -> tuple[str, dict[str, str]]:
        """The name and the values of a sentence; "" and nothing where it is none of these."""
        found = ((name, pattern.fullmatch(text)) for name, pattern in self._patterns.items())
        return next(((name, match.groupdict()) for name, match in found if match), ("", {}))

    def _pattern(self, sentence: str) -> re.Pattern[str]:
        parts = [(re.escape(literal), name) for literal, name, _, _ in Formatter().parse(sentence)]
        forms = self._forms
        spelt = (literal + (f"(?P<{name}>{forms.get(name, _ANYTHING)})" if name else "") for literal, name in parts)
        return re.compile("".join(spelt), re.DOTALL)
