"""What was typed, in the words of an error."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from consistency.errors import BadRequest


@contextmanager
def named_by(flags: Mapping[str, str]) -> Iterator[None]:
    """Lets a BadRequest name the flag in place of the key: `service: …` comes out as `--service: …`."""
    try:
        yield
    except BadRequest as error:
        path, colon, rest = str(error).partition(": ")
        key, point, deeper = path.partition(".")
        raise BadRequest(f"{flags.get(key, key)}{point}{deeper}{colon}{rest}") from None
