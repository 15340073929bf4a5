"""The page in Chinese, by the same keys as in English."""

from collections.abc import Mapping
from types import MappingProxyType

from api.page.phrases.chinese_overview import OVERVIEW
from api.page.phrases.chinese_pages import PAGES

CHINESE: Mapping[str, str] = MappingProxyType({**OVERVIEW, **PAGES})
