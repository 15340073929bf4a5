"""What a user can set, checked once: flags > environment > reconcilery.toml > defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from consistency.channel_settings import ChannelName, ChannelSettings
from consistency.durations import duration_text
from consistency.errors import BadRequest, ConfigurationError
from consistency.events import EventLevel
from consistency.mapping import DEFAULT_RULE, RuleMapping
from consistency.masking import HIDDEN, mask_text
from consistency.route_checks import check_event_routes, check_fallbacks, check_ids, check_routes
from consistency.route_settings import MaintenanceSettings, RouteSettings
from consistency.setting_errors import describe_errors
from consistency.setting_sources import gather
from consistency.token_settings import TokenSettings, check_tokens
from consistency.value_types import (
    DatabaseUrl,
    DottedName,
    Duration,
    EventsUrl,
    EventTypeName,
    HostName,
    HttpUrl,
    LogLevel,
    ProviderName,
    RedisUrl,
    Span,
    TimeOfDay,
    Whole,
    ZoneName,
    not_empty,
)

SECRETS = (
    "database_url",
    "read_url",
    "store_url",
    "redis_url",
    "runninghub_api_key",
    "events_url",
    "events_token",
)


class Settings(BaseModel):
    """Everything that can be configured; frozen, and built from arguments alone. Durations are timedeltas."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    database_url: DatabaseUrl = Field(
        default="", description="the application's database: PostgreSQL, MySQL/MariaDB or SQLite"
    )
    read_url: DatabaseUrl = Field(default="", description="a replica of it for the scans")
    store_url: DatabaseUrl = Field(
        default="", description="where the product's own tables live; empty: in the application's database"
    )
    redis_url: RedisUrl = Field(
        default="redis://127.0.0.1:6379/0", description="the broker, which also keeps the latest reports"
    )
    log_dir: Path = Field(default=Path("logs"), description="the folder of logs and results")
    timezone: ZoneName = Field(default="UTC", description="the zone of dates as a person types and reads them")
    log_level: LogLevel = Field(default="INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL")
    custom_checks: tuple[DottedName, ...] = Field(default=(), description="your own checks as module:function")
    statement_timeout: Span = Field(default=timedelta(seconds=30), description="how long one statement may run")
    lease: Span = Field(default=timedelta(seconds=60), description="how long a worker may hold a piece of work")
    lookback: Duration = Field(
        default=timedelta(minutes=15),
        description="how far a quick check looks behind what it has seen",
    )
    clock_skew_tolerance: Duration = Field(
        default=timedelta(seconds=60),
        description="how far in the future a finish time may lie",
    )
    slow_statement: Span = Field(
        default=timedelta(seconds=5), description="from when on a statement is reported as slow"
    )
    big_table_rows: Whole = Field(
        default=100_000, ge=0, description="from how many rows on a missing index is reported"
    )
    log_days: Whole = Field(default=90, ge=1, description="how many days of results are kept")
    gzip_after_days: Whole = Field(default=1, ge=1, description="after how many days results are compressed")
    ledger_days: Whole = Field(default=90, ge=1, description="how many days of runs are kept in the own tables")
    key_prefix: str = Field(
        default="reconcilery:", pattern=r"^[\w:.-]{1,64}$", description="what every Redis key begins with"
    )
    quick_every: Span = Field(default=timedelta(minutes=15), description="how often a quick check runs")
    full_every: Span = Field(default=timedelta(hours=1), description="how often a full check runs")
    sweep_every: Span = Field(
        default=timedelta(seconds=60), description="how often lost work is looked for and sent again"
    )
    deep_at: TimeOfDay = Field(default=time(2, 0), description="when the daily deep check runs, in the configured zone")
    runninghub_api_key: SecretStr = Field(default=SecretStr(""), description="the provider's key")
    runninghub_base_url: HttpUrl = Field(default="https://www.runninghub.cn", description="the provider's address")
    provider: ProviderName = Field(
        default="runninghub",
        description="who has the outputs: runninghub, a folder of JSON files, a web address with {id}, or your own"
        " provider as module:function",
    )
    provider_rate: float = Field(
        default=5.0, ge=0, le=10_000, description="how many calls a second all workers may make; 0 for no limit"
    )
    provider_in_flight: Whole = Field(default=4, ge=1, description="how many calls may be under way at one time")
    provider_timeout: Span = Field(default=timedelta(seconds=15), description="how long one call may take")
    link_hosts: tuple[str, ...] = Field(
        default=(), description="host:port of links that are looked at though they are on an inner network"
    )
    check_links: bool = Field(default=True, description="look whether a link is alive before it is written")
    repair_batch_size: Whole = Field(default=100, ge=1, le=10_000, description="how many tasks a batch has at most")
    repair_workers: Whole = Field(default=4, ge=1, le=64, description="how many batches of a run are worked on at once")
    repair_cap: Whole = Field(
        default=10_000, ge=1, description="from how many tasks on a repair needs a person's approval"
    )
    repair_share: float = Field(
        default=0.5, gt=0, le=1, description="from which share of a window's tasks on a repair needs approval"
    )
    repair_plan_age: Span = Field(default=timedelta(hours=24), description="how old a plan may be when it is applied")
    repair_preview: Whole = Field(
        default=100, ge=0, description="for how many tasks a plan asks the provider and shows the rows to be written"
    )
    repair_schedule: Literal["off", "plan", "auto"] = Field(
        default="off", description="whether beat plans repairs (plan) or also applies them (auto)"
    )
    repair_every: Span = Field(default=timedelta(hours=1), description="how often beat does so")
    repair_auto_max: Whole = Field(
        default=500, ge=1, description="more missing tasks than these are left to a person, also with auto"
    )
    rules: Annotated[tuple[RuleMapping, ...], AfterValidator(not_empty)] = Field(
        default=(DEFAULT_RULE,), description="which tasks must have which outputs"
    )
    service: str = Field(
        default="reconcilery", min_length=1, max_length=100, description="the name of your application in messages"
    )
    public_url: HttpUrl | Literal[""] = Field(default="", description="the address of the web page, for links")
    flower_url: HttpUrl | Literal[""] = Field(default="", description="the address of Flower, for links")
    channels: dict[ChannelName, ChannelSettings] = Field(default={}, description="how people are told")
    event_types: tuple[EventTypeName, ...] = Field(
        default=(), description="types of your own that events may have beside the built-in ones"
    )
    routes: tuple[RouteSettings, ...] = Field(default=(), description="who is told of what; none: everybody of all")
    maintenance: tuple[MaintenanceSettings, ...] = Field(default=(), description="when nobody is told")
    tell_every: Span = Field(default=timedelta(seconds=5), description="how often it is looked for what is to be told")
    digest_at: TimeOfDay = Field(default=time(9, 0), description="when mild alerts are told, in the configured zone")
    ack_for: Span = Field(default=timedelta(hours=4), description="how long an acknowledgement lasts")
    tell_events_from: EventLevel = Field(
        default=EventLevel.WARNING, description="from which level on people are told of events: info to critical"
    )
    event_days: Whole = Field(default=30, ge=1, description="how many days events are kept")
    events_url: EventsUrl = Field(
        default="",
        description="where services send their events: http(s):// of the HTTP API or redis://; empty: into the own"
        " tables",
    )
    events_token: SecretStr = Field(default=SecretStr(""), description="the token for the HTTP API, if it asks for one")
    dead_days: Whole = Field(default=30, ge=1, description="how many days undelivered messages are kept")
    api_host: HostName = Field(default="127.0.0.1", description="the address at which the HTTP API listens")
    api_port: Whole = Field(default=5000, ge=0, le=65535, description="its port; 0 for any that is free")
    api_tokens: tuple[TokenSettings, ...] = Field(
        default=(), description="who may use the HTTP API; none: everybody on this machine, and nobody else"
    )
    api_rate: Whole = Field(
        default=1000, ge=0, le=1_000_000, description="how many requests a second one client may make; 0 for no limit"
    )

    @field_validator("lease")
    @classmethod
    def _outlasts_a_statement(cls, lease: timedelta, info: ValidationInfo) -> timedelta:
        limit = info.data.get("statement_timeout")
        if limit is not None and lease <= limit:
            raise ValueError(f"({duration_text(lease)}) must be longer than statement_timeout ({duration_text(limit)})")
        return lease

    @field_validator("rules")
    @classmethod
    def _ids_are_unique(cls, rules: tuple[RuleMapping, ...]) -> tuple[RuleMapping, ...]:
        ids = [rule.id for rule in rules]
        if twice := sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1}):
            raise ValueError(f"uses the id {twice[0]} twice; give each rule its own")
        return rules

    @field_validator("channels")
    @classmethod
    def _fallbacks_exist(cls, channels: dict[str, ChannelSettings]) -> dict[str, ChannelSettings]:
        check_fallbacks(channels)
        return channels

    @field_validator("routes")
    @classmethod
    def _routes_fit(cls, routes: tuple[RouteSettings, ...], info: ValidationInfo) -> tuple[RouteSettings, ...]:
        if {"channels", "rules"} <= info.data.keys():
            check_routes(routes, info.data["channels"], [rule.id for rule in info.data["rules"]])
        check_event_routes(routes, info.data.get("event_types", ()))
        return routes

    @field_validator("api_tokens")
    @classmethod
    def _tokens_differ(cls, tokens: tuple[TokenSettings, ...]) -> tuple[TokenSettings, ...]:
        check_tokens(tokens)
        return tokens

    @field_validator("maintenance")
    @classmethod
    def _maintenance_ids_are_unique(
        cls, maintenance: tuple[MaintenanceSettings, ...]
    ) -> tuple[MaintenanceSettings, ...]:
        check_ids(maintenance)
        return maintenance

    @property
    def effective_store_url(self) -> str:
        """Where the product's own tables live."""
        return self.store_url or self.database_url

    @property
    def routed_types(self) -> frozenset[str]:
        """The types of events that some route names, so that people are told of them at any level."""
        return frozenset(name for route in self.routes for name in route.events)

    def rule_by_id(self, rule_id: str | None) -> list[RuleMapping]:
        """The rule of that id, or all of them for None; an unknown id is a BadRequest that names the known ones."""
        found = [rule for rule in self.rules if rule_id is None or rule.id == rule_id]
        if not found:
            known = ", ".join(rule.id for rule in self.rules)
            raise BadRequest(f"rule: there is no rule {rule_id!r}; known are {known}")
        return found

    def masked(self) -> dict[str, Any]:
        """For showing: plain JSON values, with passwords and keys replaced by ***."""
        shown: dict[str, Any] = self.model_dump(mode="json")
        for name in SECRETS:
            shown[name] = mask_text(shown[name])
        for name in ("runninghub_api_key", "events_token"):
            shown[name] = HIDDEN if getattr(self, name).get_secret_value() else ""
        shown["channels"] = {name: _hidden(channel) for name, channel in shown["channels"].items()}
        return shown


def _hidden(channel: dict[str, Any]) -> dict[str, Any]:
    """Pydantic shows a secret as stars; options of custom channels and headers may hold one anywhere."""
    shown = {name: HIDDEN if value and set(str(value)) == {"*"} else value for name, value in channel.items()}
    for name in ("options", "headers"):
        shown |= {name: dict.fromkeys(shown[name], HIDDEN)} if shown.get(name) else {}
    return shown


@dataclass(frozen=True, slots=True)
class Examined:
    """The settings unless there are problems; `origins` says where each value that is no default was written."""

    settings: Settings | None
    origins: Mapping[str, str]
    problems: tuple[str, ...]


def examine_settings(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Examined:
    """Read every source and report all problems at once, one line each, instead of raising the first."""
    known = tuple(Settings.model_fields)
    gathered = gather(known, SECRETS, overrides or {}, environ, cwd or Path.cwd())
    settings, problems = None, gathered.problems
    try:
        settings = Settings.model_validate(gathered.values)
    except ValidationError as error:
        problems = problems + describe_errors(error, gathered.origins, known)
    return Examined(None if problems else settings, gathered.origins, tuple(map(_one_line, problems)))


def _one_line(problem: str) -> str:
    # Keys and values are the user's: a line break or an escape sequence in one must not reach the terminal.
    return "".join(char if char.isprintable() else "?" for char in problem)


def load_settings(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Settings:
    """The settings, read anew at each call; raises ConfigurationError with one line about the first problem."""
    examined = examine_settings(overrides, environ, cwd)
    if examined.settings is None:
        first, *others = examined.problems
        more = f" (and {len(others)} more; `reconcilery config check` shows all)" if others else ""
        raise ConfigurationError(first + more)
    return examined.settings
