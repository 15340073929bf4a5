"""Where in a request the thing stands that an error names: those of ours begin with its name, `end_date: …`."""

from collections.abc import Collection, Iterator
from typing import Any, get_args

from fastapi import Request
from pydantic import BaseModel

from api.http.problems import Faults, pointer


def named_place(request: Request, text: str) -> Faults:
    """The fault with its place, for `errors`; none where the endpoint takes nothing of that name."""
    name, _, detail = text.partition(": ")
    route = request.scope.get("route")
    if name in _query_names(route):
        return [{"parameter": name, "detail": detail}]
    return [{"pointer": pointer(name), "detail": detail}] if name in _body_names(route) else []


def _query_names(route: Any) -> Collection[str]:
    dependant = getattr(route, "dependant", None)
    fields = dependant.query_params if dependant else ()
    return {name for field in fields for name in _names(field.field_info.annotation)}


def _body_names(route: Any) -> Collection[str]:
    field = getattr(route, "body_field", None)
    return set(_names(field.field_info.annotation)) if field else ()


def _names(annotation: Any) -> Iterator[str]:
    """What the fields of a model, or of one that may be left out, are called in a request."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (field.alias or name for name, field in kind.model_fields.items())
