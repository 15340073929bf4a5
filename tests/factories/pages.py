"""Examples in the documentation, taken from the pages themselves."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def code_blocks(page: str, language: str) -> list[str]:
    """The blocks of code of one language on the page, given as a path below docs/."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
