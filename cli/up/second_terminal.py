"""What a second terminal needs to type commands against what the launcher has started: a file to read with a dot."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.up.private_file import write_private


@contextmanager
def for_second_terminal(path: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """`. PATH` in a shell gives its commands the environment, and finds them; the file is gone after the block."""
    write_private(path, shell_text(environment, Path(sys.executable).parent))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def shell_text(environment: Mapping[str, str], programs: Path) -> str:
    """The environment for any POSIX shell, with the folder of the programs in front of the search path."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    return f"export PATH={shlex.quote(str(programs))}:$PATH\n{''.join(lines)}"
