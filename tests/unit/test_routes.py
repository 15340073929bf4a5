"""Which routes are taken at which hour, what shares a message, and how long news waits."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.routing.bursts import Burst, arrived
from notifiers.routing.hours import next_change, next_clock
from notifiers.routing.routes import Traits, group_key, group_labels, possible_routes, routes_for
from notifiers.routing.timers import Timers, timers_of, timers_of_notice

CHANNELS = {name: {"kind": "console"} for name in ("chat", "pager", "mail")}
ROUTES = (
    {"id": "archive", "receivers": ["mail"], "go_on": True},
    {"id": "night", "receivers": ["pager"], "min_level": "high", "hours": "22:00-06:00"},
    {"id": "billing", "receivers": ["chat"], "services": ["billing"]},
    {"id": "office", "receivers": ["chat"], "days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-18:00"},
    {"id": "rest", "receivers": ["mail"], "min_level": "medium"},
)
#: A Monday.
DAY = datetime(2026, 3, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def settings_with(*routes: dict[str, Any], **values: Any) -> Settings:
    return Settings.model_validate({"channels": CHANNELS, "routes": routes, **values})


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


#: Level, service and local time; the routes taken then.
TAKEN: list[tuple[Level, str, datetime, list[str]]] = [
    (Level.CRITICAL, "shop", at(23), ["archive", "night"]),
    (Level.CRITICAL, "shop", at(5, 59), ["archive", "night"]),  # Hours over midnight.
    (Level.CRITICAL, "shop", at(6), ["archive", "rest"]),  # The end is no longer in it.
    (Level.MEDIUM, "shop", at(23), ["archive", "rest"]),  # Too mild for the night.
    (Level.MEDIUM, "billing", at(23), ["archive", "billing"]),  # The first that fits ends the search.
    (Level.MEDIUM, "shop", at(9), ["archive", "office"]),
    (Level.MEDIUM, "shop", at(9, day=5), ["archive", "rest"]),  # A Saturday.
    (Level.LOW, "shop", at(23), ["archive"]),  # No other wants it: that is how mild ones are left out.
]


@pytest.mark.parametrize(("level", "service", "moment", "taken"), TAKEN)
def test_the_first_route_that_fits_is_taken(level: Level, service: str, moment: datetime, taken: list[str]) -> None:
    assert [route.id for route in routes_for(settings_with(*ROUTES), Traits(level, "r", service), moment)] == taken


def test_routes_of_other_hours_are_possible_and_none_behind_one_that_always_fits() -> None:
    ids = [route.id for route in possible_routes(settings_with(*ROUTES), Traits(Level.HIGH, "r", "shop"))]
    assert ids == ["archive", "night", "office", "rest"]
    ids = [route.id for route in possible_routes(settings_with(*ROUTES), Traits(Level.HIGH, "r", "billing"))]
    assert ids == ["archive", "night", "billing"]


def test_without_routes_every_channel_is_told_of_everything_and_without_channels_the_log() -> None:
    (route,) = routes_for(settings_with(), Traits(Level.LOW, "r", "s"), at(3))
    assert (route.id, route.receivers) == ("default", ("chat", "pager", "mail"))
    (route,) = routes_for(Settings(), Traits(None, "r", "s"), at(3))
    assert route.receivers == ("console",)


def test_a_group_is_what_the_route_groups_by() -> None:
    route = RouteSettings(id="a", receivers=("chat",))
    labels = group_labels(route, "s", "r", "missing_outputs", {"check": "quick"})
    assert labels == {"service": "s", "rule": "r"}
    key = group_key(route, labels)
    assert len(key) == 32
    assert key == group_key(route, dict(reversed(labels.items())))
    assert key != group_key(RouteSettings(id="b", receivers=("chat",)), labels)
    by_check = RouteSettings(id="a", receivers=("chat",), group_by=("check", "kind"))
    assert group_labels(by_check, "s", "r", "finding", {}) == {"check": "", "kind": "finding"}


#: Level, what the route says; quiet and cap in seconds, the digest.
WAITS: list[tuple[Level, dict[str, str], tuple[int, int, time | None]]] = [
    (Level.CRITICAL, {}, (0, 0, None)),
    (Level.HIGH, {}, (10, 30, None)),
    (Level.MEDIUM, {}, (15, 75, None)),
    (Level.LOW, {}, (15, 75, time(9))),
    (Level.LOW, {"quiet": "1m"}, (60, 75, None)),  # Who says how long it waits does not mean the digest.
    (Level.HIGH, {"quiet": "1m"}, (60, 60, None)),  # A cap is never shorter than the quiet,
    (Level.HIGH, {"cap": "5s"}, (5, 5, None)),  # and the quiet never longer than the cap.
    (Level.CRITICAL, {"quiet": "2s", "cap": "4s"}, (2, 4, None)),
]


@pytest.mark.parametrize(("level", "said", "expected"), WAITS)
def test_news_waits_by_its_level_unless_the_route_says_how_long(
    level: Level, said: dict[str, str], expected: tuple[int, int, time | None]
) -> None:
    timers = timers_of(RouteSettings.model_validate({"id": "a", "receivers": ["chat"], **said}), level, Settings())
    assert (timers.quiet.total_seconds(), timers.cap.total_seconds(), timers.digest) == expected


def test_the_route_says_how_often_the_same_is_told() -> None:
    route = RouteSettings.model_validate({"id": "a", "receivers": ["c"], "repeat": "3h", "group_interval": "0"})
    timers = timers_of(route, Level.CRITICAL, Settings())
    assert timers.repeated_from(DAY) == at(3)
    assert timers.group_interval == timedelta(0)


def test_a_mild_event_does_not_wait_for_the_digest() -> None:
    assert timers_of_notice(RouteSettings(id="a", receivers=("c",)), Level.LOW).digest is None


def test_a_digest_comes_at_its_time_of_day_however_late_the_last_one_was() -> None:
    timers = timers_of(
        RouteSettings(id="a", receivers=("c",)), Level.LOW, Settings(timezone="Asia/Shanghai", digest_at=time(9))
    )
    assert timers.told_from(at(0, 59)) == at(1)
    assert timers.told_from(at(1)) == at(1)
    assert timers.told_from(at(1, 1)) == at(1, day=1)
    assert timers.repeated_from(at(1) + timedelta(seconds=40)) == at(1, day=1)


def timers(quiet: int, cap: int) -> Timers:
    return Timers(timedelta(seconds=quiet), timedelta(seconds=cap), timedelta(minutes=5), timedelta(hours=2))


HIGH = timers(10, 30)
MEDIUM = timers(15, 75)
CRITICAL = timers(0, 0)

#: Seconds at which something comes in, with its times; the second at which the group is looked at.
BURSTS: list[tuple[list[tuple[int, Timers]], int]] = [
    ([(0, HIGH)], 10),
    ([(0, HIGH), (5, HIGH)], 15),  # It is quiet again later,
    ([(0, HIGH), (9, HIGH), (18, HIGH), (27, HIGH)], 30),  # but there is an end of waiting.
    ([(0, MEDIUM), (1, CRITICAL)], 1),  # What is critical takes the others along.
    ([(0, CRITICAL), (1, MEDIUM)], 0),
    ([(0, MEDIUM), (50, HIGH)], 60),
    ([(0, MEDIUM), (70, HIGH)], 75),
    ([(0, HIGH), (25, MEDIUM)], 30),  # The milder do not hold up the graver.
]


@pytest.mark.parametrize(("arrivals", "second"), BURSTS)
def test_a_group_is_looked_at_when_it_is_quiet_and_after_the_cap_at_most(
    arrivals: list[tuple[int, Timers]], second: int
) -> None:
    burst = Burst()
    for after, timers in arrivals:
        burst = arrived(burst, DAY + timedelta(seconds=after), timers)
    assert burst.at == DAY + timedelta(seconds=second)


def test_urgent_news_does_not_wait() -> None:
    assert arrived(Burst(at(5), at(6)), at(1), MEDIUM, urgent=True).at == at(1)


#: Days, hours, zone, moment; when they open or close next.
CHANGES: list[tuple[tuple[str, ...], tuple[time, time] | None, ZoneInfo, datetime, datetime | None]] = [
    ((), (time(9), time(18)), SHANGHAI, at(0), at(1)),
    ((), (time(9), time(18)), SHANGHAI, at(1), at(10)),
    ((), (time(22), time(6)), ZoneInfo("UTC"), at(23), at(6, day=1)),
    (("sat",), None, ZoneInfo("UTC"), at(0), at(0, day=5)),
    (("mon",), (time(22), time(6)), ZoneInfo("UTC"), at(3), at(22)),
    (("mon",), (time(9), time(10)), ZoneInfo("UTC"), at(11), at(9, day=7)),
    ((), None, ZoneInfo("UTC"), at(0), None),  # Always open.
    # Clocks are put forward on 29 March; what 02:30 would have been is then 01:30 UTC.
    (
        (),
        (time(2, 30), time(4)),
        BERLIN,
        datetime(2026, 3, 29, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    ),
]


@pytest.mark.parametrize(("days", "hours", "zone", "moment", "expected"), CHANGES)
def test_hours_open_and_close_by_the_clock_of_their_zone(
    days: Any, hours: tuple[time, time] | None, zone: ZoneInfo, moment: datetime, expected: datetime | None
) -> None:
    assert next_change(days, hours, moment, zone) == expected


def test_a_time_of_day_comes_once_a_day_though_the_clocks_change() -> None:
    before = datetime(2026, 3, 28, 8, 0, 1, tzinfo=UTC)
    assert next_clock(time(9), before, BERLIN) == datetime(2026, 3, 29, 7, tzinfo=UTC)
