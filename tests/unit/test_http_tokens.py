"""Whose a token is, and when nobody needs one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from api.http.callers import is_open
from api.http.tokens import find_token, is_expired, is_loopback, new_token, token_hash
from consistency.settings import Settings, examine_settings
from consistency.token_settings import Scope, TokenSettings

NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)


def entry(name: str = "ann", token: str = "x", **values: Any) -> TokenSettings:
    return TokenSettings(name=name, sha256=token_hash(token), **values)


def test_every_token_is_another_and_its_hash_says_whose_it_is() -> None:
    mine, yours = new_token(), new_token()
    assert mine != yours
    assert mine.startswith("rcy_")
    known = [entry("me", mine), entry("you", yours)]
    assert find_token(known, mine) is known[0]
    assert find_token(known, yours) is known[1]


@pytest.mark.parametrize("token", ["", "x ", "X", token_hash("x"), "\udcff", "令牌", "x" * 100_000])
def test_anything_else_is_nobodys(token: str) -> None:
    assert find_token([entry()], token) is None


def test_a_token_ends_at_its_moment() -> None:
    assert not is_expired(entry(), NOW)
    assert not is_expired(entry(expires=NOW + timedelta(seconds=1)), NOW)
    assert is_expired(entry(expires=NOW), NOW)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_loopback(host) is loopback


def test_nobody_needs_a_token_only_where_nobody_else_can_ask_and_there_is_none() -> None:
    assert is_open(Settings())
    assert not is_open(Settings(api_host="0.0.0.0"))
    assert not is_open(Settings(api_tokens=(entry(),)))


def test_the_scope_is_to_read_unless_said() -> None:
    assert entry().scope is Scope.READ


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        ('[{"name": "a", "sha256": "XYZ"}]', "[0].sha256 must be the 64 hexadecimal digits"),
        ('[{"name": "a"}]', "[0].sha256 is missing"),
        ('[{"name": "a\\nb", "sha256": "%s"}]', "[0].name must be 1 to 64 letters"),
        ('[{"name": "a", "sha256": "%s", "scope": "write"}]', "[0].scope must be one of 'read' or 'operate'"),
        ('[{"name": "a", "sha256": "%s", "scopes": "read"}]', "[0].scopes is not a known key; did you mean scope?"),
        ('[{"name": "a", "sha256": "%s", "expires": "2027-01-01T00:00:00"}]', "[0].expires needs a zone"),
        ('[{"name": "a", "sha256": "%s"}, {"name": "a", "sha256": "%s"}]', "uses the name a twice"),
        ('{"name": "a"}', "must be a list"),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_the_key(tokens: str, told: str) -> None:
    given = tokens.replace("%s", "0" * 64)
    (problem,) = examine_settings(environ={"RECONCILERY_API_TOKENS": given, "RECONCILERY_CONFIG": "/dev/null"}).problems
    assert problem.startswith("RECONCILERY_API_TOKENS")
    assert told in problem


@pytest.mark.parametrize("host", ["", " ", "a b", "http://x", "x:5000", "../etc", "[", "x\ny"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="address or name of this machine"):
        Settings(api_host=host)


@pytest.mark.parametrize(("host", "kept"), [("::1", "::1"), ("[::1]", "::1"), ("db-1.example", "db-1.example")])
def test_a_host_may_be_a_name_or_an_address(host: str, kept: str) -> None:
    assert Settings(api_host=host).api_host == kept
