"""Arguments of Celery tasks, checked before anything is done: whoever publishes a message can write anything."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, get_args, get_type_hints

from consistency.errors import BadRequest

_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}


def check_arguments(name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """BadRequest, in one line with the task's name, when the arguments do not fit the function's annotations."""
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError as error:
        known = [each for each in inspect.signature(function).parameters if each not in {"scheduled", "self"}]
        raise BadRequest(f"{name}: {error}; it takes {', '.join(known) or 'no arguments'}") from None
    hints = get_type_hints(function)
    for argument, value in given.items():
        kinds = get_args(hints[argument]) or (hints[argument],)
        if type(value) not in kinds:
            words = " or ".join(_WORDS[kind] for kind in kinds if kind is not NoneType)
            raise BadRequest(f"{name}: {argument} must be {words}, not {str(value)[:40]!r}")
