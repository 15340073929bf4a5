"""RunningHub as a provider, against a server that speaks as it does and misbehaves in every way."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from cli.up.ports import free_port
from compensation.provider import Answer, Kind
from compensation.providers.runninghub import RunningHub
from tests.servers.runninghub import RunningHubServer, runninghub
from tests.servers.runninghub_process import runninghub_process

KEY = "0123456789abcdef0123456789abcdef"
PATIENT = timedelta(seconds=60)
SHORT = timedelta(milliseconds=700)


@pytest.fixture
def hub() -> Iterator[RunningHubServer]:
    with runninghub(key=KEY, nodes=["9", "9", "12"]) as server:
        yield server


@pytest.fixture
def provider(hub: RunningHubServer) -> Iterator[RunningHub]:
    found = RunningHub(hub.url, KEY, PATIENT)
    yield found
    found.close()


def calls(hub: RunningHubServer) -> dict[str, int]:
    return hub.seen()["calls"]


def test_a_task_with_outputs_costs_one_question(hub: RunningHubServer, provider: RunningHub) -> None:
    answer = provider.fetch("1904152026220003329")
    assert (answer.kind, answer.code, answer.source) == (Kind.FOUND, "0", "outputs")
    assert [output.key for output in answer.outputs] == ["9#0", "9#1", "12#0"]
    assert answer.outputs[2].fields[provider.link_field] == f"{hub.url}/files/1904152026220003329/2.png"
    assert calls(hub) == {"outputs": 1}


@pytest.mark.parametrize(
    ("truth", "kind", "asked"),
    [
        ("starting", Kind.LATER, ["outputs"]),
        ("running", Kind.LATER, ["outputs"]),
        ("queued", Kind.LATER, ["outputs"]),
        ("failed", Kind.UPSTREAM_FAILED, ["outputs"]),
        ("cancelled", Kind.UPSTREAM_FAILED, ["outputs"]),
        ("bad_id", Kind.BAD_ITEM, ["outputs"]),
        ("wrong_key", Kind.STOP_RUN, ["outputs"]),
        # Before a task is given up, everybody who could know of it is asked.
        ("gone", Kind.GONE, ["outputs", "query", "webhook"]),
        ("no_output", Kind.NO_OUTPUT, ["outputs", "query", "webhook"]),
    ],
)
def test_what_a_task_comes_to(
    hub: RunningHubServer, provider: RunningHub, truth: str, kind: Kind, asked: list[str]
) -> None:
    hub.rule(truth)
    answer = provider.fetch("7")
    assert answer.kind is kind
    assert answer.detail
    assert list(calls(hub)) == asked


def test_outputs_that_only_the_second_protocol_has_are_found(hub: RunningHubServer, provider: RunningHub) -> None:
    found = provider.fetch("7")
    hub.rule("gone", at="outputs")
    answer = provider.fetch("7")
    assert (answer.kind, answer.source) == (Kind.FOUND, "query")
    assert [(output.key, output.fields["fileUrl"]) for output in answer.outputs] == [
        (output.key, output.fields["fileUrl"]) for output in found.outputs
    ]


def test_outputs_that_only_a_webhook_was_told_are_found(hub: RunningHubServer, provider: RunningHub) -> None:
    found = provider.fetch("7")
    hub.rule("gone", at="outputs")
    hub.rule("no_output", at="query")
    hub.rule("success", at="webhook")
    answer = provider.fetch("7")
    assert (answer.kind, answer.source) == (Kind.FOUND, "getWebhookDetail")
    assert answer.outputs == found.outputs


def test_a_question_that_is_no_longer_offered_is_passed_over(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.rule("status", status=404, at="outputs")
    assert provider.fetch("7").source == "query"


def test_a_task_is_not_gone_while_a_second_source_is_ill(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.rule("gone", at="outputs")
    hub.rule("status", status=502, at="query")
    answer = provider.fetch("7")
    assert (answer.kind, answer.code, answer.source) == (Kind.TRANSIENT, "HTTP 502", "query")
    assert "webhook" not in calls(hub)


@pytest.mark.parametrize(
    ("mischief", "kind", "code"),
    [
        ({"do": "html"}, Kind.TRANSIENT, "html"),
        ({"do": "empty"}, Kind.TRANSIENT, "empty"),
        ({"do": "half"}, Kind.TRANSIENT, "connection"),
        ({"do": "close"}, Kind.TRANSIENT, "connection"),
        ({"do": "huge"}, Kind.TRANSIENT, "too_big"),
        ({"do": "json", "body": [1]}, Kind.TRANSIENT, "unknown form"),
        ({"do": "json", "body": {"code": 0, "data": {}}}, Kind.TRANSIENT, "unknown form"),
        ({"do": "code", "code": 4711}, Kind.TRANSIENT, "unknown 4711"),
        ({"do": "status", "status": 500}, Kind.TRANSIENT, "HTTP 500"),
        ({"do": "status", "status": 418}, Kind.TRANSIENT, "HTTP 418"),
        ({"do": "status", "status": 404}, Kind.TRANSIENT, "HTTP 404"),
        ({"do": "status", "status": 401}, Kind.STOP_RUN, "HTTP 401"),
        ({"do": "code", "code": 802, "status": 401}, Kind.STOP_RUN, "802"),
        ({"do": "code", "code": 807, "status": 400, "at": "outputs"}, Kind.FOUND, "SUCCESS"),
        ({"do": "code", "code": 1003}, Kind.LIMITED, "1003"),
        ({"do": "redirect", "to": "http://127.0.0.1:1/"}, Kind.TRANSIENT, "HTTP 302"),
        ({"do": "redirect", "to": "https://www.example.org/", "status": 308}, Kind.STOP_RUN, "HTTP 308"),
    ],
    ids=str,
)
def test_an_odd_answer_is_classified_and_said_in_one_line(
    hub: RunningHubServer, provider: RunningHub, mischief: dict[str, Any], kind: Kind, code: str
) -> None:
    hub.rule(**mischief)
    answer = provider.fetch("7")
    assert (answer.kind, answer.code) == (kind, code)
    assert "\n" not in answer.detail


@pytest.mark.parametrize(
    "mischief", [{"do": "trickle_head"}, {"do": "trickle_body"}, {"do": "slow", "seconds": 3600}], ids=str
)
def test_a_server_that_is_too_slow_runs_into_the_deadline(hub: RunningHubServer, mischief: dict[str, Any]) -> None:
    hub.rule(**mischief)
    provider = RunningHub(hub.url, KEY, SHORT)
    answer = provider.fetch("7")
    provider.close()
    assert (answer.kind, answer.code) == (Kind.TRANSIENT, "timeout")
    assert answer.detail.endswith("gave no whole answer within 700ms")


def test_one_deadline_holds_for_all_questions_together(hub: RunningHubServer) -> None:
    hub.rule("gone")
    hub.rule("slow", at="query", seconds=3600)
    provider = RunningHub(hub.url, KEY, SHORT)
    answer = provider.fetch("7")
    provider.close()
    assert (answer.kind, answer.code, answer.source) == (Kind.TRANSIENT, "timeout", "query")
    assert "webhook" not in calls(hub)


def test_a_refused_call_says_how_long_to_wait(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.rule("status", status=429, retry_after=7)
    answer = provider.fetch("7")
    assert (answer.kind, answer.retry_after) == (Kind.LIMITED, timedelta(seconds=7))


def test_a_provider_that_fails_for_a_while_is_asked_again_with_success(
    hub: RunningHubServer, provider: RunningHub
) -> None:
    hub.rule("status", status=503, times=2)
    assert [provider.fetch("7").kind for _ in range(3)] == [Kind.TRANSIENT, Kind.TRANSIENT, Kind.FOUND]


def test_a_server_that_is_not_there_is_said_so() -> None:
    provider = RunningHub(f"http://127.0.0.1:{free_port()}", KEY, PATIENT)
    answer = provider.fetch("7")
    provider.close()
    assert (answer.kind, answer.code) == (Kind.TRANSIENT, "connection")
    assert answer.detail.endswith("cannot be reached: Connection refused")


def test_a_name_that_nobody_knows_is_said_so() -> None:
    provider = RunningHub("http://no-such-host.invalid", KEY, PATIENT)
    answer = provider.fetch("7")
    provider.close()
    assert (answer.kind, answer.code) == (Kind.TRANSIENT, "connection")
    assert answer.detail == "the name no-such-host.invalid is not known"


@pytest.mark.parametrize("task", ["", "  ", "a\nb", "x" * 256, "\x00"])
def test_what_cannot_be_an_id_is_not_asked_for(hub: RunningHubServer, provider: RunningHub, task: str) -> None:
    assert provider.fetch(task).kind is Kind.BAD_ITEM
    assert calls(hub) == {}


def test_nothing_is_called_that_costs_money(hub: RunningHubServer, provider: RunningHub) -> None:
    for truth in ("success", "gone", "no_output", "wrong_key"):
        hub.rule(truth)
        provider.fetch("7")
        provider.check()
    assert hub.seen()["costly"] == {}
    assert set(calls(hub)) <= {"outputs", "query", "webhook", "account"}


def test_connections_are_kept_from_call_to_call(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.rule("gone", task="7")
    for task in ("1", "7", "2"):
        provider.fetch(task)
    assert hub.server.conversations == 1


def test_the_server_counts_the_calls_under_way_at_one_time(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.book.manner.latency = 0.2
    threads = [Thread(target=provider.fetch, args=(str(task),)) for task in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < hub.seen()["limits"]["most_in_flight"] <= 3


def test_the_server_can_run_as_a_process_of_its_own() -> None:
    with runninghub_process(key=KEY, rate=1_000_000, burst=1) as remote:
        provider = RunningHub(remote.url, KEY, PATIENT)
        remote.rule("gone", task="7", at="outputs")
        first: list[Answer] = [provider.fetch("7")]
        remote.manner(rate=0.001)
        assert provider.fetch("8").kind is Kind.FOUND
        assert provider.fetch("9").kind is Kind.LIMITED
        provider.close()
        assert first[0].source == "query"
        seen = remote.seen()
        assert (seen["limits"]["refused"], seen["limits"]["most_in_flight"]) == (1, 1)
        remote.forget()
        assert remote.seen()["calls"] == {}
