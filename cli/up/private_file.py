"""A file that nobody but this user may read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the file anew; one that was left behind with open rights is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
