"""Which routes events take, and that many of them are few messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from consistency.model import Level
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.messages.crowds import gravest_of
from notifiers.routing.routes import Traits, possible_routes, routes_for
from notifiers.routing.timers import held_back, timers_of_notice
from tests.factories.messages import a_notice

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROUTES: tuple[dict[str, Any], ...] = (
    {"id": "all", "receivers": ["chat"]},
    {"id": "syncs", "receivers": ["mail"], "events": ["sync_failure", "sync_success"], "services": ["datasync"]},
    {"id": "repairs", "receivers": ["pager"], "events": ["repair_failed"], "go_on": True},
    {"id": "night", "receivers": ["pager"], "events": ["storage_warning"], "hours": "22:00-06:00"},
)


def settings_with(*routes: dict[str, Any], **values: Any) -> Settings:
    channels = {name: {"kind": "console"} for name in ("chat", "pager", "mail")}
    return Settings.model_validate({"channels": channels, "routes": routes, **values})


def of(event_type: str, service: str = "datasync") -> Traits:
    """An event, or an alert where the type is empty."""
    return Traits(Level.HIGH, "", service, event_type)


def mild(event_type: str, service: str = "datasync") -> Traits:
    """An event of which nobody is told unless a route names its type."""
    return replace(of(event_type, service), mild=True)


#: What it is, and the routes that it takes at noon.
WAYS: list[tuple[Traits, list[str]]] = [
    (of(""), ["all"]),  # Alerts take no route that is for events.
    (of("sync_failure"), ["syncs"]),  # Also where an earlier route takes everything.
    (of("sync_failure", "other"), ["all"]),
    (mild("sync_failure", "other"), []),  # Nobody asked for mild events of that service.
    (mild("sync_success"), ["syncs"]),
    (of("cleanup_failure"), ["all"]),
    (of("repair_failed"), ["repairs", "all"]),
    (of("storage_warning"), ["all"]),  # That route sleeps.
]


@pytest.mark.parametrize(("traits", "taken"), WAYS)
def test_events_look_first_at_the_routes_that_name_them(traits: Traits, taken: list[str]) -> None:
    assert [route.id for route in routes_for(settings_with(*ROUTES), traits, NOON)] == taken


def test_where_all_routes_are_for_events_everybody_is_told_of_the_rest() -> None:
    settings = settings_with(ROUTES[1])
    assert [route.id for route in possible_routes(settings, of(""))] == ["default"]
    assert [route.id for route in possible_routes(settings, of("sync_failure"))] == ["syncs"]
    assert settings.routed_types == {"sync_failure", "sync_success"}


#: A route for events that does not fit, and what is said of it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": "a", "events": ["sync_falure"]}, "names the event type 'sync_falure', which there is not"),
    ({"id": "default", "events": ["sync_failure"]}, "is that of the route which takes what no other does"),
]


@pytest.mark.parametrize(("route", "said"), WRONG)
def test_a_route_for_events_that_does_not_fit_is_refused(route: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings_with({"receivers": ["chat"], **route})


def test_a_route_may_name_types_of_ones_own_but_nobody_takes_those_of_the_product() -> None:
    route = {"id": "disks", "receivers": ["chat"], "events": ["disk_swapped"]}
    assert settings_with(route, event_types=["disk_swapped"]).routed_types == {"disk_swapped"}
    with pytest.raises(ValidationError, match="is a type of the product's own events; choose another name"):
        settings_with(event_types=["repair_failed"])


#: Level, how long ago the group was told of events (None: never), in seconds; how long more of them wait at least.
HELD: list[tuple[Level, int | None, int]] = [
    (Level.CRITICAL, None, 0),
    (Level.CRITICAL, 20, 40),
    (Level.CRITICAL, 61, 0),
    (Level.HIGH, 0, 300),
    (Level.LOW, 100, 200),
]


@pytest.mark.parametrize(("level", "ago", "wait"), HELD)
def test_more_events_of_a_group_wait_until_the_last_message_is_long_enough_ago(
    level: Level, ago: int | None, wait: int
) -> None:
    timers = timers_of_notice(RouteSettings(id="a", receivers=("c",)), level)
    held = held_back(timers, None if ago is None else NOON - timedelta(seconds=ago), NOON)
    assert held.quiet == max(timers.quiet, timedelta(seconds=wait))
    assert held.cap == max(timers.cap, timedelta(seconds=wait))


def test_a_route_says_how_long_more_events_wait() -> None:
    route = RouteSettings.model_validate({"id": "a", "receivers": ["c"], "group_interval": "0"})
    assert held_back(timers_of_notice(route, Level.HIGH), NOON, NOON).quiet == timedelta(seconds=10)


def test_of_a_crowd_the_gravest_are_told_and_of_these_the_first() -> None:
    levels = [Level.LOW, Level.HIGH, Level.MEDIUM, Level.HIGH, Level.CRITICAL]
    crowd = [a_notice(level=level, message=str(number)) for number, level in enumerate(levels)]
    told, left_out = gravest_of(crowd, 2)
    assert ([notice.message for notice in told], left_out) == (["1", "4"], 3)
    assert gravest_of(crowd, 5) == (crowd, 0)
