"""How single values are written in a configuration: names, durations, zones, URLs. Errors say only what is wrong."""

import math
import re
import ssl
from datetime import time, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from consistency.durations import duration_text, parse_duration
from consistency.event_checks import check_type_name
from consistency.events import OWN_TYPES
from consistency.urls import check_events_url, check_http_url, check_redis_url, normalise_database_url
from consistency.zones import get_zone

Plain = str | int | float | bool
Item = TypeVar("Item")

LARGEST_INTEGER = 2**63 - 1
_LONGEST = timedelta(days=3650)
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}|[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9._-]{1,15})?", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def not_empty(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """A validator: at least one item. Pydantic's own length check also complains about items that are wrong."""
    _require(bool(items), "must not be empty")
    return items


def _require(fits: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence: require this, or say that
    if not fits:
        raise ValueError(otherwise)


def _plain(value: Any) -> Any:
    _require(isinstance(value, Plain), "must be text, a number or true/false")
    if isinstance(value, int):
        _require(-LARGEST_INTEGER <= value <= LARGEST_INTEGER, "is a larger number than a database column holds")
    if isinstance(value, float):
        _require(math.isfinite(value), "must be a finite number")
    return value


def _label(value: Any) -> Any:
    _require(isinstance(value, str | int), "must be text, a whole number or true/false")
    return _plain(value)


def _condition_value(value: Any) -> Any:
    return tuple(_plain(item) for item in value) if isinstance(value, list | tuple) else _plain(value)


def _duration(value: Any) -> timedelta:
    _require(isinstance(value, str | timedelta), 'must be a duration as text, such as "10m"')
    try:
        duration = parse_duration(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"is wrong: {error}") from None
    _require(timedelta(0) <= duration <= _LONGEST, "must be between 0 and 10 years")
    return duration


def _positive(duration: timedelta) -> timedelta:
    _require(duration > timedelta(0), "must be longer than 0")
    return duration


def _time_of_day(value: Any) -> time:
    if isinstance(value, str) and _TIME_OF_DAY.fullmatch(value):
        return time.fromisoformat(value)
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    raise ValueError('must be a time of day from 00:00 to 23:59, such as "02:00"')


def _zone(name: str) -> str:
    try:
        get_zone(name)
    except ValueError as error:
        raise ValueError(f"is wrong: {error}") from None
    return name


def _whole(value: Any) -> Any:
    _require(not isinstance(value, bool), "must be a whole number")
    return value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _dotted(name: str) -> str:
    _require(_DOTTED.fullmatch(name) is not None, "must name a function as module:function, such as shop.checks:totals")
    return name


def _provider(text: str) -> str:
    text = text.strip()
    web = text.startswith(("http://", "https://"))
    _require(bool(text), "must not be empty; write runninghub, a folder, a web address with {id}, or module:function")
    _require(not web or "{id}" in text, "is a web address without {id}, the place of the task's id at the provider")
    if web:
        check_http_url(text.replace("{id}", "id"))
    return text


def _certificates(path: str) -> str:
    if path:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError:
            raise ValueError(f"names the file {path}, which holds no certificates in PEM") from None
        except OSError as error:
            raise ValueError(f"names the file {path}, which cannot be read: {error.strerror}") from None
    return path


def _event_type(name: str) -> str:
    try:
        found = check_type_name(name)
    except ValueError:
        raise ValueError("must be words like disk_swapped: lower case, digits and _, at most 64 characters") from None
    _require(found not in OWN_TYPES, "is a type of the product's own events; choose another name")
    return found


def _host(text: str) -> str:
    text = text.strip().removeprefix("[").removesuffix("]")
    _require(_HOST.fullmatch(text) is not None, "must be an address or name of this machine, such as 127.0.0.1")
    return text


def _database_url(text: str) -> str:
    return normalise_database_url(text) if text.strip() else ""


Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
OptionalName = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]
Label = Annotated[str | int | bool, BeforeValidator(_label)]
ConditionValue = Annotated[Plain | tuple[Plain, ...], BeforeValidator(_condition_value)]
Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(duration_text, when_used="json")]
Span = Annotated[Duration, AfterValidator(_positive)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day), PlainSerializer(lambda at: f"{at:%H:%M}", when_used="json")]
ZoneName = Annotated[str, AfterValidator(_zone)]
Whole = Annotated[int, BeforeValidator(_whole), Field(le=2**31 - 1)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]
DottedName = Annotated[str, AfterValidator(_dotted)]
ProviderName = Annotated[str, AfterValidator(_provider), Field(max_length=500)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url), Field(repr=False)]
RedisUrl = Annotated[str, AfterValidator(check_redis_url), Field(repr=False)]
CertificatesFile = Annotated[str, AfterValidator(_certificates)]
EventsUrl = Annotated[str, AfterValidator(check_events_url), Field(repr=False)]
EventTypeName = Annotated[str, AfterValidator(_event_type)]
HostName = Annotated[str, AfterValidator(_host)]
HttpUrl = Annotated[str, AfterValidator(check_http_url)]
