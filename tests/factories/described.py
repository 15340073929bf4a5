"""Requests that nobody thought of, made from the API's own description, and what every answer to them has to be."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


#: With it the health answers 503 on purpose, when the system is not well.
STRICT = "strict"


def described(url: str, paths: re.Pattern[str]) -> Sequence[Any]:
    """The operations of the API at that address whose path fits."""
    schema = schemathesis.openapi.from_dict(requests.get(f"{url}/openapi.json", timeout=60).json())
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return [each for each in operations if paths.search(each.path)]


def hold(url: str, operations: Sequence[Any], count: int, headers: Mapping[str, str]) -> None:
    """Send so many requests, allowed ones and others; an AssertionError for an answer that is not as described."""
    strategies = [each.as_strategy(generation_mode=mode) for each in operations for mode in GenerationMode]

    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(case=st.one_of(strategies))
    def send(case: Any) -> None:
        answer = case.call(base_url=url, headers=dict(headers), timeout=60)
        meant = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and STRICT in (case.query or {})
        case.validate_response(answer, checks=[each for each in CHECKS if not (meant and each is not_a_server_error)])

    send()
