"""RunningHub's account: whether a key can be used, on which site, and that it is shown nowhere."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from compensation.provider import Kind
from compensation.providers.runninghub import RunningHub
from consistency.errors import ConfigurationError
from tests.servers.runninghub import RunningHubServer, runninghub

KEY = "0123456789abcdef0123456789abcdef"
PATIENT = timedelta(seconds=60)


@pytest.fixture
def hub() -> Iterator[RunningHubServer]:
    with runninghub(key=KEY) as server:
        yield server


@pytest.fixture
def provider(hub: RunningHubServer) -> Iterator[RunningHub]:
    found = RunningHub(hub.url, KEY, PATIENT)
    yield found
    found.close()


def calls(hub: RunningHubServer) -> dict[str, int]:
    return hub.seen()["calls"]


def test_an_account_that_can_be_used_is_said_so(hub: RunningHubServer, provider: RunningHub) -> None:
    answer = provider.check()
    assert (answer.kind, answer.detail) == (Kind.FOUND, "1234 coins left, 0 tasks under way")
    assert calls(hub) == {"account": 1}


def test_a_key_of_the_other_site_is_recognised(hub: RunningHubServer) -> None:
    with runninghub(key="another-key") as other:
        provider = RunningHub(other.url, KEY, PATIENT, sites=(hub.url, other.url))
        answer = provider.check()
        provider.close()
    assert answer.kind is Kind.STOP_RUN
    assert answer.detail == f"the key belongs to another site: set RUNNINGHUB_BASE_URL={hub.url}"


def test_a_key_that_no_site_knows_is_told_with_the_sites_own_word() -> None:
    with runninghub(key="a") as one, runninghub(key="b") as two:
        provider = RunningHub(one.url, KEY, PATIENT, sites=(one.url, two.url))
        answer = provider.check()
        provider.close()
        assert (answer.kind, answer.code, answer.detail) == (Kind.STOP_RUN, "802", "APIKEY_UNAUTHORIZED")
        assert calls(two) == {"account": 1}


def test_a_key_is_shown_to_no_other_site_if_ours_is_none_of_the_known(hub: RunningHubServer) -> None:
    with runninghub(key="another-key") as other:
        provider = RunningHub(other.url, KEY, PATIENT, sites=(hub.url,))
        assert provider.check().code == "802"
        provider.close()
    assert calls(hub) == {}


def test_an_account_without_money_is_not_looked_for_elsewhere(hub: RunningHubServer) -> None:
    with runninghub(key=KEY) as poor:
        poor.rule("code", code=812, msg="CORPAPIKEY_INSUFFICIENT_FUNDS")
        provider = RunningHub(poor.url, KEY, PATIENT, sites=(hub.url, poor.url))
        assert provider.check().kind is Kind.STOP_RUN
        provider.close()
    assert calls(hub) == {}


def test_an_address_that_is_no_runninghub_is_said_so(hub: RunningHubServer, provider: RunningHub) -> None:
    hub.rule("status", status=404)
    answer = provider.check()
    assert answer.kind is Kind.STOP_RUN
    assert answer.detail.endswith("does not speak as RunningHub does (HTTP 404); see RUNNINGHUB_BASE_URL")


def test_the_key_stands_nowhere(hub: RunningHubServer, provider: RunningHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"code": f"x{KEY}", "msg": f"bad key {KEY}", "data": None}
    hub.rule("json", body=echo, task="echo")
    hub.rule("status", status=500, task="ill")
    hub.rule("gone", task="gone")
    answers = [provider.fetch(task) for task in ("echo", "ill", "gone", "well")] + [provider.check()]
    shown = f"{answers} {provider!r} {provider} {provider.name} {caplog.text} {vars(RunningHub)}"
    assert KEY not in shown
    assert "***" in answers[0].detail


def test_a_key_with_odd_characters_is_refused_without_being_shown() -> None:
    for key in ("", "two\nlines", "schlüssel", "a b"):
        with pytest.raises(ConfigurationError) as refused:
            RunningHub("https://www.runninghub.cn", key, PATIENT)
        assert not key or key not in str(refused.value)


def test_the_name_tells_accounts_apart() -> None:
    of = [
        RunningHub(url, key, PATIENT).name
        for url in ("https://www.runninghub.cn/", "https://www.runninghub.ai")
        for key in ("a", "b")
    ]
    assert len(set(of)) == 4
    assert RunningHub("https://www.runninghub.cn", "a", PATIENT).name == of[0]
    assert RunningHub("https://www.runninghub.cn", "a", PATIENT).own_hosts == {"www.runninghub.cn:443"}
