"""What Flower is made of: who may use it, what a task's result says, and where links lead."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from api.flower.access import address, has_login, logins
from api.flower.links import flower_address, linked, page_address
from api.flower.readable import make_readable
from consistency.errors import ConfigurationError
from consistency.settings import Settings

CHECK = "0f8fad5b-d9cb-469f-a165-70867728950e"
PAGE = "https://data.example"


@dataclass
class Task:
    """A task as Flower holds it."""

    name: str = "monitor_tasks.quick_check"
    result: str | None = None
    kwargs: str | None = None


RESULTS = {
    "a check": (
        Task(result=f"{{'verdict': 'healthy: 100 %', 'check_id': '{CHECK}', 'recorded': True}}"),
        f"healthy: 100 % → {PAGE}/runs/{CHECK}",
    ),
    "a repair": (
        Task("compensation.compensate", f"{{'schema_version': 1, 'run_id': '{CHECK}', 'verdict': \"it's planned\"}}"),
        f"it's planned → {PAGE}/repairs/{CHECK}",
    ),
    "a check that helps": (
        Task("monitor_tasks.help_run", "{'verdict': 'nothing left to take'}"),
        "nothing left to take",
    ),
    "cut off": (Task(result="{'verdict': 'healthy: 100 % of the"), "{'verdict': 'healthy: 100 % of the"),
    "escaped": (Task(result=r"{'verdict': 'it\'s <b>\u4e2d'}"), "it's <b>中"),
    "of somebody else": (Task("shop.sum", "5"), "5"),
    "under way": (Task("notifiers.notify", None, f"{{'check_id': '{CHECK}'}}"), f"{PAGE}/runs/{CHECK}"),
    "nothing known": (Task(), None),
}


@pytest.mark.parametrize(("task", "shown"), RESULTS.values(), ids=RESULTS)
def test_a_result_is_the_verdict_with_where_to_read_more(task: Task, shown: str | None) -> None:
    assert make_readable(task, PAGE).result == shown


def test_without_a_page_there_is_no_link() -> None:
    task = Task(result=f"{{'verdict': 'healthy', 'check_id': '{CHECK}'}}")
    assert make_readable(task, "").result == "healthy"


def test_our_addresses_become_links_and_nothing_else_does() -> None:
    html = f"<code>fine → {PAGE}/runs/{CHECK}</code> {PAGE}/else https://other.example/runs/1".encode()
    shown = linked(html, PAGE).decode()
    assert f'→ <a href="{PAGE}/runs/{CHECK}">{PAGE}/runs/{CHECK}</a></code>' in shown
    assert shown.count("<a ") == 1


def test_the_page_is_where_people_find_it() -> None:
    assert page_address(Settings(public_url="https://data.example/")) == PAGE
    assert page_address(Settings()) == "http://127.0.0.1:5000"
    assert page_address(Settings(api_host="0.0.0.0")) == ""
    assert page_address(Settings(api_port=0)) == ""


def test_flower_is_linked_where_it_is_known() -> None:
    known = Settings(flower_url="https://flower.example/")
    assert flower_address(known, "a b") == "https://flower.example/task/a%20b"
    assert flower_address(known, None) == ""
    assert flower_address(Settings(), CHECK) == ""


def test_logins_come_from_the_variable_or_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "flower"
    secret.write_text("ann:a:b\nbob:c\n")
    assert logins({}) == []
    assert logins({"FLOWER_BASIC_AUTH": "ann:x,bob:y"}) == ["ann:x", "bob:y"]
    assert logins({"FLOWER_BASIC_AUTH_FILE": str(secret)}) == ["ann:a:b", "bob:c"]


@pytest.mark.parametrize(
    "environ",
    [{"FLOWER_BASIC_AUTH": "ann"}, {"FLOWER_BASIC_AUTH": ":x"}, {"FLOWER_BASIC_AUTH_FILE": "/nowhere/at/all"}],
)
def test_what_is_no_login_is_refused_without_showing_it(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"^FLOWER_BASIC_AUTH"):
        logins(environ)


def test_beyond_this_machine_a_login_is_needed() -> None:
    login = {"FLOWER_BASIC_AUTH": "ann:x"}
    assert address({}, "") == "127.0.0.1"
    assert address({"FLOWER_ADDRESS": "::1"}, "") == "::1"
    assert address({"FLOWER_ADDRESS": "127.0.0.1", **login}, "0.0.0.0") == "0.0.0.0"
    assert address({"FLOWER_AUTH": ".*@example", "FLOWER_ADDRESS": "0.0.0.0"}, "") == "0.0.0.0"
    assert not has_login({})
    for environ, flag in (({}, "0.0.0.0"), ({"FLOWER_ADDRESS": "10.0.0.5"}, "")):
        with pytest.raises(ConfigurationError, match="FLOWER_BASIC_AUTH=user:password"):
            address(environ, flag)
