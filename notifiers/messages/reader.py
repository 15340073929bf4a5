"""How whoever reads is shown moments and lengths of time."""

from datetime import datetime
from typing import Protocol


class Reader(Protocol):
    """Of one zone and one language."""

    def moment(self, text: str | datetime) -> str:
        """A moment, also as `utc_text` writes it."""

    def ends(self, start: datetime, end: datetime) -> tuple[str, str]:
        """Both ends of a stretch of time."""

    def length(self, seconds: float) -> str:
        """A length of time."""
