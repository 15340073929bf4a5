"""Which problem each error comes to: bad input is the caller's, what cannot be reached is told, the rest is ours."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException

from api.http.examples import example_body
from api.http.methods import allowed_methods
from api.http.places import named_place
from api.http.problems import Problem, pointer, problem_answer
from compensation.runs import RepairRefused
from consistency.errors import (
    BadRequest,
    BrokerUnavailable,
    CheckFailed,
    ClaimLost,
    DatabaseUnavailable,
    LedgerMissing,
    MappingError,
    ReconcileryError,
    StatementTimeout,
)
from consistency.json_faults import shown
from consistency.one_line import one_line

_SOON = {"Retry-After": "5"}
_STATUS: Mapping[type[ReconcileryError], int] = {
    BadRequest: 422,
    ClaimLost: 409,
    DatabaseUnavailable: 503,
    StatementTimeout: 503,
    LedgerMissing: 503,
    BrokerUnavailable: 503,
    CheckFailed: 503,
    # What is asked for cannot be done as things stand, and asking again does not help.
    RepairRefused: 409,
    MappingError: 409,
}
_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "it is not known here",
    "json_invalid": "the body is no JSON",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
}
_NO_OBJECT = ("model_attributes_type", "model_type", "dict_type")
log = structlog.get_logger(__name__)


def answer_faults(app: FastAPI) -> None:
    """Let every error that leaves an endpoint become a problem."""
    for kind in (Problem, ReconcileryError, NoConnectionFree, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


# A plain function would need a thread, and there may be none while a database is silent.
async def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problem_answer(error)
    if isinstance(error, RequestValidationError):
        return problem_answer(_of_validation(error, example_body(request)))
    if isinstance(error, HTTPException):
        return problem_answer(_of_http(request, error))
    problem = of_error(error)
    if isinstance(error, BadRequest):
        problem.errors = named_place(request, problem.detail)
    return problem_answer(problem)


def of_error(error: Exception) -> Problem:
    """The problem of one of our errors, or of any other, which is logged and not shown."""
    if isinstance(error, NoConnectionFree):
        return Problem(503, "no connection to the database is free; try again", headers=_SOON)
    if not isinstance(error, ReconcileryError):
        log.error("http.unexpected", exc_info=error)
        return Problem(500, "something unexpected went wrong; the log names it under this request_id")
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("http.not_done", reason=str(error))
    return Problem(status, one_line(error, 1000), headers=_SOON if status == HTTPStatus.SERVICE_UNAVAILABLE else None)


def _of_http(request: Request, error: HTTPException) -> Problem:
    path, headers, detail = shown(request.url.path), dict(error.headers or {}), error.detail
    if error.status_code == HTTPStatus.NOT_FOUND and detail == HTTPStatus.NOT_FOUND.phrase:
        detail = f"there is nothing at {path}; /docs lists what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers["Allow"] = ", ".join(allowed_methods(request))
        detail = f"{request.method} does nothing at {path}; it takes {allowed}"
    return Problem(error.status_code, detail, headers=headers)


def _of_validation(error: RequestValidationError, example: str) -> Problem:
    faults = list(_faults(error, example))
    first = faults[0]
    place = first.get("parameter") or first.get("pointer")
    detail = f"{place}: {first['detail']}" if place else first["detail"]
    no_json = any(each["type"] == "json_invalid" for each in error.errors())
    return Problem(400 if no_json else 422, detail, errors=faults)


def _faults(error: RequestValidationError, example: str) -> Iterator[dict[str, str]]:
    for each in error.errors():
        place, *path = each["loc"]
        whole = place == "body" and not path
        detail = one_line(_of_whole(each, example) if whole else _reason(each), 500)
        if place == "body":
            yield {"pointer": pointer() if each["type"] == "json_invalid" else pointer(*path), "detail": detail}
        else:
            yield {"parameter": ".".join(map(str, path)), "detail": detail}


def _of_whole(fault: Mapping[str, Any], example: str) -> str:
    """What is wrong with the body itself, which has no name but that."""
    if fault["type"] == "missing":
        return f"the body is missing; send JSON such as {example}"
    if fault["type"] in _NO_OBJECT:
        return f"the body must be a JSON object such as {example}, not {shown(fault['input'])}"
    return f"the body: {_reason(fault)}"


def _reason(fault: Mapping[str, Any]) -> str:
    context = fault.get("ctx", {})
    match fault["type"]:
        case "json_invalid":
            return f"{_WORDS['json_invalid']}: {context.get('error')} at character {fault['loc'][-1]}"
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            phrase = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
            (key, bound), *_ = context.items()
            return f"must be {phrase[key]} {bound}, not {shown(fault['input'])}"
        case "literal_error" | "enum":
            return f"must be one of {context['expected']}, not {shown(fault['input'])}"
        case "value_error":
            return str(context["error"])
        case kind if kind in _WORDS:
            given = "" if kind in {"missing", "extra_forbidden"} else f", not {shown(fault['input'])}"
            return _WORDS[kind] + given
        case _:
            return str(fault["msg"])
