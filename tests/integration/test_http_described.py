"""The description of the API holds: what it allows and what it forbids is sent, and gets the answers that it knows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
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

from tests.factories.front_door import front_door, token_entry
from tests.servers.api import Api

OPERATE, MAY_OPERATE = token_entry()
OURS = re.compile(r"/(events|events-status|(sync|cleanup|migration)-metrics|livez)$")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture
def api(postgres_url: str) -> Iterator[Api]:
    with front_door(postgres_url, api_tokens=[MAY_OPERATE]) as found:
        yield found


def hold(api: Api, count: int) -> None:
    schema = schemathesis.openapi.from_dict(api.get("/openapi.json").json())
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    ours = [each for each in operations if OURS.search(each.path)]
    assert len(ours) >= 7
    strategies = [each.as_strategy(generation_mode=mode) for each in ours for mode in GenerationMode]
    headers = {"Authorization": f"Bearer {OPERATE}"}

    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(case=st.one_of(strategies))
    def send(case: Any) -> None:
        answer = case.call(base_url=api.url, headers=headers, timeout=60)
        case.validate_response(answer, checks=CHECKS)

    send()


def test_no_request_gets_an_answer_that_is_not_described(api: Api) -> None:
    hold(api, 100)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_no_request_of_thousands_does(api: Api) -> None:
    hold(api, 2000)
