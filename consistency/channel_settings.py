"""The channels a user can set up, one table `[channels.NAME]` each. Kinds of well-known addresses need not be said."""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, SecretStr, Tag, field_validator

from consistency.secrets import NeededSecret, Secret, SecretHttpUrl, read_secret
from consistency.value_types import CertificatesFile, DottedName, Span, Whole

_HOSTS = {
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "lark",
    "oapi.dingtalk.com": "dingtalk",
    "qyapi.weixin.qq.com": "wecom",
    "hooks.slack.com": "slack",
    "events.pagerduty.com": "pagerduty",
}
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+", re.ASCII)


def _is_a_key(text: str) -> bool:
    """Whether it is base64, padded or not, of 24 to 64 bytes."""
    bare = text.rstrip("=")
    try:
        key = b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return False
    return 24 <= len(key) <= 64  # noqa: PLR2004 - the bounds of Standard Webhooks


class _Channel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    language: Literal["en", "zh"] = Field(default="en", description="the language of its messages")
    fallback: str = Field(default="", max_length=64, description="the channel that stands in while this one is broken")
    timeout: Span = Field(default=timedelta(seconds=15), description="how long one attempt may take")
    template: str = Field(default="", description="your own text of a message, as a Jinja template")


class _HttpChannel(_Channel):
    url: SecretHttpUrl = Field(description="the address to post to")
    inner: bool = Field(default=False, description="whether the address may lie in an inner network")
    ca_file: CertificatesFile = Field(default="", description="a file of authorities to trust, not the usual")


class FeishuSettings(_HttpChannel):
    """A bot of a Feishu or Lark group."""

    kind: Literal["feishu", "lark"] = "feishu"
    secret: Secret = Field(default=SecretStr(""), description="the bot's signing secret")
    format: Literal["card", "post", "text"] = Field(default="card", description="card, post or text")
    mention: tuple[str, ...] = Field(default=(), description="user ids to mention from high on, or all")


class DingTalkSettings(_HttpChannel):
    """A bot of a DingTalk group."""

    kind: Literal["dingtalk"] = "dingtalk"
    secret: Secret = Field(default=SecretStr(""), description="the bot's signing secret")
    format: Literal["markdown", "text"] = Field(default="markdown", description="markdown or text")
    mention: tuple[str, ...] = Field(default=(), description="mobile numbers to mention from high on, or all")


class WeComSettings(_HttpChannel):
    """A bot of a WeCom group."""

    kind: Literal["wecom"] = "wecom"
    format: Literal["markdown", "text"] = Field(default="markdown", description="markdown or text")


class SlackSettings(_HttpChannel):
    """An incoming webhook of Slack."""

    kind: Literal["slack"] = "slack"


class PagerDutySettings(_HttpChannel):
    """A service of PagerDuty, by its Events API v2."""

    kind: Literal["pagerduty"] = "pagerduty"
    url: SecretHttpUrl = Field(
        default=SecretStr("https://events.pagerduty.com/v2/enqueue"), description="the address to post to"
    )
    routing_key: NeededSecret = Field(description="the integration key of the service")


class WebhookSettings(_HttpChannel):
    """Any web address: the event as its body, signed by Standard Webhooks, with the headers of CloudEvents."""

    kind: Literal["webhook"] = "webhook"
    secret: Secret = Field(default=SecretStr(""), description="the signing key, whsec_ and base64 of 24 to 64 bytes")
    old_secret: Secret = Field(default=SecretStr(""), description="the key before, while receivers change over")
    body: Literal["seed", "seed+meta", "cloudevents"] = Field(
        default="seed", description="the event alone, with id and type, or as a CloudEvent"
    )
    type_prefix: str = Field(
        default="io.reconcilery",
        pattern=r"^[a-z0-9.-]{1,100}$",
        description="what the type of a CloudEvent begins with",
    )
    headers: dict[str, Secret] = Field(default={}, description="further headers, such as authorization")

    @field_validator("secret", "old_secret")
    @classmethod
    def _is_a_signing_key(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if text and not (text.startswith("whsec_") and _is_a_key(text.removeprefix("whsec_"))):
            raise ValueError("must be whsec_ followed by base64 of 24 to 64 bytes")
        return secret


class EmailSettings(_Channel):
    """A mail server."""

    kind: Literal["email"] = "email"
    host: str = Field(min_length=1, max_length=255, description="the mail server")
    port: Whole = Field(default=587, ge=1, le=65535, description="its port")
    tls: Literal["starttls", "tls", "none"] = Field(default="starttls", description="starttls, tls or none")
    ca_file: CertificatesFile = Field(default="", description="a file of authorities to trust, not the usual")
    username: str = Field(default="", description="the account")
    password: Secret = Field(default=SecretStr(""), description="its password")
    sender: str = Field(description="the address it comes from")
    to: tuple[str, ...] = Field(min_length=1, description="the addresses it goes to")

    @field_validator("sender", "to")
    @classmethod
    def _are_addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value:
            if not _ADDRESS.fullmatch(address):
                raise ValueError(f"holds {address[:80]!r}, which is no mail address; write name@example.com")
        return value


class ConsoleSettings(_Channel):
    """The log of the worker, for which nothing needs to be set up."""

    kind: Literal["console"] = "console"


class AppriseSettings(_Channel):
    """Any of the services that Apprise knows; what a provider answers is not checked."""

    kind: Literal["apprise"] = "apprise"
    url: NeededSecret = Field(description="the address as Apprise writes it")


class CustomSettings(_Channel):
    """A class or function of your own."""

    kind: DottedName = Field(description="your own class or function as module:name")
    options: dict[str, Any] = Field(default={}, repr=False, description="what your class is made with")


#: The kinds that come with the product.
CHANNELS: Mapping[str, type[BaseModel]] = {
    "feishu": FeishuSettings,
    "lark": FeishuSettings,
    "dingtalk": DingTalkSettings,
    "wecom": WeComSettings,
    "slack": SlackSettings,
    "email": EmailSettings,
    "webhook": WebhookSettings,
    "pagerduty": PagerDutySettings,
    "console": ConsoleSettings,
    "apprise": AppriseSettings,
}


def _with_kind(value: Any) -> Any:
    if not isinstance(value, dict) or "kind" in value:
        return value
    try:
        host = urlsplit(read_secret(str(value.get("url", "")))).hostname or ""
    except ValueError:
        host = ""  # What is wrong with it is told by the field's own validator.
    return {**value, "kind": _HOSTS[host]} if host in _HOSTS else value


def _tag(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if kind == "lark":
        return "feishu"
    return "custom" if isinstance(kind, str) and ":" in kind else kind


ChannelSettings = Annotated[
    Annotated[FeishuSettings, Tag("feishu")]
    | Annotated[DingTalkSettings, Tag("dingtalk")]
    | Annotated[WeComSettings, Tag("wecom")]
    | Annotated[SlackSettings, Tag("slack")]
    | Annotated[PagerDutySettings, Tag("pagerduty")]
    | Annotated[WebhookSettings, Tag("webhook")]
    | Annotated[EmailSettings, Tag("email")]
    | Annotated[ConsoleSettings, Tag("console")]
    | Annotated[AppriseSettings, Tag("apprise")]
    | Annotated[CustomSettings, Tag("custom")],
    Discriminator(_tag),
    BeforeValidator(_with_kind),
]
ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
