"""The page in English: texts by key; `_one` beside a key is what is said of a single one."""

from collections.abc import Mapping
from types import MappingProxyType

from api.page.phrases.english_overview import OVERVIEW
from api.page.phrases.english_pages import PAGES

ENGLISH: Mapping[str, str] = MappingProxyType({**OVERVIEW, **PAGES})
