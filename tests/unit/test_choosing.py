from importlib import import_module

import pytest

from consistency.channel_settings import CHANNELS
from consistency.errors import BadRequest
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.channels.choosing import CLASSES, Channels, own_place
from notifiers.deciding.receivers import receivers_of

WECOM = {"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef"}
SLACK = {"url": "https://hooks.slack.com/services/T0AB1CD2E/B0FG3HI4J/aB3dE5fG7hI9"}
#: What the settings of the kinds cannot do without.
_NEEDED = {
    "url": "https://example.com/0123456789abcdef",
    "routing_key": "0123456789abcdef",
    "host": "smtp.example.com",
    "sender": "a@example.com",
    "to": ["b@example.com"],
}


def test_a_channel_is_made_once_and_anew_after_it_was_closed() -> None:
    channels = Channels(Settings(channels={"ops": WECOM, "dev": SLACK}))
    first = channels.channel("ops")
    assert channels.channel("ops") is first
    channels.close()
    assert channels.channel("ops") is not first
    channels.close()


def test_channels_are_named_in_the_order_of_the_settings() -> None:
    channels = Channels(Settings(channels={"ops": WECOM, "dev": SLACK}))
    assert channels.names() == ("ops", "dev")
    assert channels.settings_of("dev").kind == "slack"


@pytest.mark.parametrize(("name", "hint"), [("opps", "; did you mean ops?"), ("console", ""), ("x" * 100, "")])
def test_an_unknown_channel_is_answered_with_the_known_ones(name: str, hint: str) -> None:
    channels = Channels(Settings(channels={"ops": WECOM, "dev": SLACK}))
    with pytest.raises(BadRequest) as caught:
        channels.channel(name)
    assert str(caught.value) == f"channel: there is no channel {name[:64]!r}{hint}; known are dev, ops"


def test_without_any_channel_there_is_the_console() -> None:
    channels = Channels(Settings())
    assert channels.names() == ("console",)
    assert channels.settings_of("console").kind == "console"


def test_every_kind_of_the_settings_has_a_class() -> None:

    assert CLASSES.keys() == CHANNELS.keys()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://bot.inner/x", "bot.inner:443"),
        ("http://bot.inner/x", "bot.inner:80"),
        ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
        ("http://[fd00::1]:8080/x", "fd00::1:8080"),
    ],
)
def test_inner_opens_one_host_and_port(url: str, place: str) -> None:
    assert own_place(url) == place


@pytest.mark.parametrize(("kind", "place"), CLASSES.items())
def test_a_group_counts_on_what_each_channel_does_with_what_still_waits(kind: str, place: str) -> None:
    module, _, name = place.partition(":")
    given = {field: _NEEDED[field] for field in CHANNELS[kind].model_fields if field in _NEEDED}
    settings = Settings(channels={"it": {"kind": kind, **given}})
    (receiver,) = receivers_of(settings, RouteSettings(id="r", receivers=("it",)), ())
    assert receiver.supersedes is getattr(import_module(module), name).supersedes
