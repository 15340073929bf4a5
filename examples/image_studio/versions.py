"""The versions of the studio: each line of a file deploys the next one, and says what is wrong with it."""

import json
import random
from pathlib import Path
from typing import NamedTuple


class Version(NamedTuple):
    """Of the tasks of its workflow (all where none is named) it loses a share, until it has lost `loses` outputs."""

    number: int = 1
    loses: int = 0
    share: float = 1.0
    workflow: str = ""
    tasks_per_second: float = 8.0

    def breaks(self, workflow: str, lost: int, chance: random.Random) -> bool:
        """Whether the output of the next task gets lost, where so many did before it."""
        concerned = self.workflow in {"", workflow}
        return concerned and lost < self.loses and chance.random() < self.share


def deployed(file: Path) -> Version:
    """The version of the last line; the first one, which loses nothing, is there before the file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return Version(len(lines) + 1, **json.loads(lines[-1])) if lines else Version()
