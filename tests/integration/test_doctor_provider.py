"""The doctor says whether outputs could be brought back: who has them, and whether they let themselves be asked."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import doctor_provider
from cli.diagnosis import Diagnosis, State
from cli.doctor_provider import examine_provider
from consistency.durations import parse_duration
from consistency.settings import Settings
from tests.servers.runninghub import RunningHubServer, runninghub

KEY = "0123456789abcdef0123456789abcdef"
OWN = f"""
import threading
from types import SimpleNamespace

def provider(check):
    return SimpleNamespace(name="own", link_field="", own_hosts=(), fetch=None, check=check, close=print)

def odd(settings):
    return provider(lambda: "fine")

def fails(settings):
    return provider(lambda: int("key {KEY}"))

def leaves(settings):
    return provider(lambda: exit(3))

def hangs(settings):
    return provider(threading.Event().wait)
"""


@pytest.fixture
def hub() -> Iterator[RunningHubServer]:
    with runninghub(key=KEY) as server:
        yield server


def examined(**values: Any) -> Diagnosis:
    (found,) = examine_provider(Settings.model_validate(values))
    return found


def at_hub(hub: RunningHubServer, key: str = KEY, **values: Any) -> Diagnosis:
    return examined(runninghub_base_url=hub.url, runninghub_api_key=key, **values)


def test_a_key_that_is_not_set_is_a_warning_with_what_to_set() -> None:
    found = examined()
    assert found.state is State.WARN
    assert "nothing can be repaired: runninghub_api_key is not set: set RUNNINGHUB_API_KEY" in found.message


def test_an_account_that_can_be_used_is_said_so_by_one_call_that_costs_nothing(hub: RunningHubServer) -> None:
    found = at_hub(hub)
    place = hub.url.removeprefix("http://")
    assert (found.state, found.message) == (
        State.OK,
        f"RunningHub at {place} can be used: 1234 coins left, 0 tasks under way",
    )
    assert hub.seen()["calls"] == {"account": 1}
    assert hub.seen()["costly"] == {}


def test_a_key_that_is_refused_fails_and_is_not_shown(hub: RunningHubServer) -> None:
    found = at_hub(hub, key="another-key-0123456789")
    assert found.state is State.FAIL
    assert "cannot be used: APIKEY_UNAUTHORIZED (802)" in found.message
    assert "another-key" not in f"{found}"


def test_a_key_that_comes_back_in_an_answer_is_not_shown(hub: RunningHubServer) -> None:
    hub.rule("json", body={"code": f"x{KEY}", "msg": f"bad key {KEY}", "data": None})
    assert KEY not in f"{at_hub(hub)}"


@pytest.mark.parametrize("how", [{"do": "status", "status": 503}, {"do": "html"}, {"do": "close"}])
def test_a_provider_that_is_ill_is_a_warning(hub: RunningHubServer, how: dict[str, Any]) -> None:
    hub.rule(**how)
    found = at_hub(hub)
    assert found.state is State.WARN
    assert "gave no clear answer: " in found.message


def test_a_provider_that_is_too_slow_is_not_waited_for(hub: RunningHubServer) -> None:
    hub.rule("slow", seconds=600)
    found = at_hub(hub, provider_timeout="1s")
    assert found.state is State.WARN
    assert "gave no whole answer within 1s" in found.message


def test_where_no_rule_can_be_repaired_nobody_is_asked(hub: RunningHubServer) -> None:
    rule = {
        "id": "r",
        "parent": {"table": "tasks", "id": "id", "state": "status", "state_in": ["done"], "done_at": ["at"]},
        "child": {"table": "files", "fk": "task_id"},
    }
    assert at_hub(hub, rules=[rule]).state is State.OK
    assert hub.seen()["calls"] == {}


def test_a_folder_is_named_whether_it_is_there_or_not(tmp_path: Path) -> None:
    found = examined(provider=str(tmp_path))
    assert (found.state, found.message) == (State.OK, f"{tmp_path} can be used")
    missing = examined(provider=str(tmp_path / "answers"))
    assert missing.state is State.FAIL
    assert "is not there" in missing.message


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with providers of a user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    name = f"asked_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("function", "timeout", "said"),
    [
        ("odd", "60s", "its check failed with TypeError: check returned str, not an Answer"),
        ("fails", "60s", "its check failed with ValueError"),
        ("leaves", "60s", "its check failed with SystemExit: 3"),
        ("hangs", "1s", "it took longer than"),
    ],
)
def test_an_own_provider_that_misbehaves_is_a_warning(
    own: str, function: str, timeout: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_provider, "PATIENCE", parse_duration("0s"))
    found = examined(provider=f"{own}:{function}", provider_timeout=timeout, runninghub_api_key=KEY)
    assert found.state is State.WARN
    assert said in found.message
    assert KEY not in found.message
