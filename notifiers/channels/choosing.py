"""From a channel's name in the settings to the channel: each is made at first use and kept."""

from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from consistency.channel_settings import ConsoleSettings
from consistency.errors import BadRequest
from consistency.outbound import Outbound
from consistency.setting_sources import did_you_mean
from consistency.settings import Settings
from consistency.zones import get_zone
from notifiers.channels.channel import Channel
from notifiers.channels.parts import ChannelParts
from notifiers.messages.wording import Wording

#: What stands in as long as nothing is configured.
IMPLICIT = "console"
#: Each is imported at first use, and made with its ChannelParts alone.
CLASSES: Mapping[str, str] = {
    "feishu": "notifiers.channels.feishu:Feishu",
    "lark": "notifiers.channels.feishu:Feishu",
    "dingtalk": "notifiers.channels.dingtalk:DingTalk",
    "wecom": "notifiers.channels.wecom:WeCom",
    "slack": "notifiers.channels.slack:Slack",
    "pagerduty": "notifiers.channels.pagerduty:PagerDuty",
    "webhook": "notifiers.channels.webhook:Webhook",
    "email": "notifiers.channels.email:Email",
    "console": "notifiers.channels.console:Console",
    "apprise": "notifiers.channels.apprise:Apprise",
}
#: For a kind that is a dotted name of the user's own.
CUSTOM = "notifiers.channels.custom:Custom"
_PORTS = {"http": 80, "https": 443}


class Channels:
    """All channels of the settings; safe for threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings: dict[str, Any] = dict(settings.channels) or {IMPLICIT: ConsoleSettings()}
        self._zone = get_zone(settings.timezone)
        self._made: dict[str, Channel] = {}
        self._making = Lock()

    def names(self) -> tuple[str, ...]:
        """Every channel there is, in the order of the settings."""
        return tuple(self._settings)

    def settings_of(self, name: str) -> Any:
        """The settings of a channel; BadRequest, which names the known ones, if there is none of that name."""
        if name not in self._settings:
            hint = did_you_mean(name, self._settings)
            raise BadRequest(
                f"channel: there is no channel {name[:64]!r}{hint}; known are {', '.join(sorted(self._settings))}"
            )
        return self._settings[name]

    def channel(self, name: str) -> Channel:
        """The channel of that name; BadRequest as above, ConfigurationError if it cannot be made."""
        settings = self.settings_of(name)
        with self._making:
            if name not in self._made:
                self._made[name] = self._make(name, settings)
            return self._made[name]

    def close(self) -> None:
        """Close every channel that was made; each is made anew if it is asked for again."""
        with self._making:
            made, self._made = self._made, {}
        for channel in made.values():
            channel.close()

    def _make(self, name: str, settings: Any) -> Channel:
        module, _, kind = CLASSES.get(settings.kind, CUSTOM).partition(":")
        wording = Wording(settings.language, self._zone, settings.template)
        parts = ChannelParts(name, settings, wording, _outbound(settings))
        channel: Channel = getattr(import_module(module), kind)(parts)
        return channel


def _outbound(settings: Any) -> Outbound:
    url = settings.url.get_secret_value() if getattr(settings, "inner", False) else ""
    return Outbound({own_place(url)} if url else (), getattr(settings, "ca_file", ""))


def own_place(url: str) -> str:
    """`host:port` of an address, with the port that is meant where none is written."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
