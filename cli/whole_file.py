"""A file that has its name only when it is complete; what had the name before stays until then."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from consistency.errors import BadRequest


@contextmanager
def whole_file(path: Path, option: str) -> Iterator[TextIO]:
    """A text file to write; BadRequest, which names the option, when it cannot be written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            yield out
        partial.replace(path)
    except OSError as error:
        raise BadRequest(f"{option}: {path} cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
