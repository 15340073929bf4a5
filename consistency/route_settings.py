"""Who is told of what: `[[routes]]` in order, the first that fits; and `[[maintenance]]`, when nobody is told."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from consistency.model import Level
from consistency.value_types import Duration, Span, not_empty

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = tuple[time, time]

#: The route on which everybody is told of all that no route is made for.
DEFAULT_ROUTE = "default"


def _hours(value: Any) -> Any:
    try:
        first, last = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except (AttributeError, ValueError):
        raise ValueError('must be two times of day, such as "09:00-18:00"') from None
    if first == last:
        raise ValueError("begins when it ends, so it holds no time at all; leave it out for the whole day")
    return first, last


HoursOfDay = Annotated[
    Hours | None,
    BeforeValidator(lambda value: value if value is None or isinstance(value, tuple) else _hours(value)),
    PlainSerializer(lambda hours: f"{hours[0]:%H:%M}-{hours[1]:%H:%M}" if hours else None, when_used="json"),
]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class Escalation(_Table):
    """Who else is told when nobody has acknowledged."""

    after: Span = Field(description="how long after the alert has fired or come back")
    to: Annotated[tuple[str, ...], AfterValidator(not_empty)] = Field(description="the channels that are told then")


class RouteSettings(_Table):
    """Alerts and events that fit go to the receivers; what is left out fits everything. Times are by the level."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="the route's name")
    receivers: Annotated[tuple[str, ...], AfterValidator(not_empty)] = Field(description="the channels that are told")
    min_level: Level = Field(default=Level.LOW, description="the mildest level")
    rules: tuple[str, ...] = Field(default=(), description="the rules")
    services: tuple[str, ...] = Field(default=(), description="the services")
    events: tuple[str, ...] = Field(
        default=(), description="the types of events; a route that names some is for these alone, and for no alert"
    )
    days: tuple[Day, ...] = Field(default=(), description="the days of the week, from mon to sun")
    hours: HoursOfDay = Field(default=None, description="the time of day in the configured zone")
    go_on: bool = Field(default=False, description="whether later routes are looked at as well")
    group_by: tuple[Literal["service", "rule", "kind", "check"], ...] = Field(
        default=("service", "rule"), description="what the alerts of one message have in common"
    )
    quiet: Duration | None = Field(default=None, description="how long nothing may come in before a message goes out")
    cap: Duration | None = Field(default=None, description="how long a message waits at most")
    group_interval: Duration | None = Field(default=None, description="how long before more of the same group is told")
    repeat: Span | None = Field(default=None, description="how often what goes on is told again")
    escalate: tuple[Escalation, ...] = Field(default=(), description="who is told when nobody acknowledges")

    @model_validator(mode="after")
    def _waits_at_least_as_long_as_it_is_quiet(self) -> "RouteSettings":
        if self.quiet is not None and self.cap is not None and self.cap < self.quiet:
            raise ValueError("has a cap shorter than its quiet; make cap the longer one")
        return self

    @property
    def takes_everything(self) -> bool:
        """Whether nothing gets past it."""
        chosen = self.rules or self.services or self.events
        narrow = chosen or self.days or self.hours or self.min_level is not Level.LOW
        return not narrow and not self.go_on


class MaintenanceSettings(_Table):
    """A time when nobody is told: once from start to end, or again and again by days and hours."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="its name")
    start: AwareDatetime | None = Field(default=None, description="when it begins, with a zone")
    end: AwareDatetime | None = Field(default=None, description="when it ends, with a zone")
    days: tuple[Day, ...] = Field(default=(), description="the days of the week, from mon to sun")
    hours: HoursOfDay = Field(default=None, description="the time of day in the configured zone")
    rules: tuple[str, ...] = Field(default=(), description="the rules; none means all")
    services: tuple[str, ...] = Field(default=(), description="the services; none means all")

    @model_validator(mode="after")
    def _is_a_time(self) -> "MaintenanceSettings":
        if (self.start is None) != (self.end is None):
            raise ValueError("needs start and end, or neither")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("ends before it begins; make end the later one")
        if self.start is None and self.hours is None and not self.days:
            raise ValueError("names no time; give start and end, or days and hours")
        return self


def is_open(days: tuple[Day, ...], hours: Hours | None, local: datetime) -> bool:
    """Whether a local time lies in the days and hours; hours over midnight belong to the day they begin on."""
    if hours is None:
        return not days or _day(local) in days
    first, last, at = hours[0], hours[1], local.time()
    if first < last:
        return first <= at < last and (not days or _day(local) in days)
    if at >= first:
        return not days or _day(local) in days
    return at < last and (not days or _day(local - timedelta(days=1)) in days)


def _day(local: datetime) -> str:
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[local.weekday()]
