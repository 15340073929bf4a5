"""Channels, routes and maintenance windows in the configuration: what is understood, and what a mistake is told."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from consistency.channel_settings import FeishuSettings, WebhookSettings
from consistency.route_settings import is_open
from consistency.secrets import read_secret
from consistency.settings import Examined, Settings, examine_settings

KEY = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="
CONSOLE = '[channels.a]\nkind = "console"\n'
ROUTE = '[[routes]]\nid = "x"\nreceivers = ["a"]\n'


def examined(folder: Path, text: str) -> Examined:
    (folder / "reconcilery.toml").write_text(text, encoding="utf-8")
    return examine_settings({}, {}, folder)


def accepted(folder: Path, text: str) -> Settings:
    found = examined(folder, text)
    assert found.problems == ()
    assert found.settings is not None
    return found.settings


def test_a_feishu_bot_takes_three_lines(tmp_path: Path) -> None:
    text = '[channels.ops]\nurl = "https://open.feishu.cn/open-apis/bot/v2/hook/abc"\nsecret = "hush"\n'
    bot = accepted(tmp_path, text).channels["ops"]
    assert isinstance(bot, FeishuSettings)
    assert (bot.kind, bot.format, bot.secret.get_secret_value()) == ("feishu", "card", "hush")


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("open.larksuite.com/x", "lark"),
        ("oapi.dingtalk.com/robot/send?access_token=1", "dingtalk"),
        ("qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "wecom"),
        ("hooks.slack.com/services/T/B/X", "slack"),
    ],
)
def test_the_kind_of_a_well_known_address_need_not_be_said(tmp_path: Path, host: str, kind: str) -> None:
    assert accepted(tmp_path, f'[channels.ops]\nurl = "https://{host}"\n').channels["ops"].kind == kind


def test_a_secret_can_stand_in_a_variable_or_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    (tmp_path / "address").write_text("https://example.com/hook\n", encoding="utf-8")
    text = f'[channels.w]\nkind = "webhook"\nurl = "file:{tmp_path / "address"}"\nsecret = "env:HOOK_KEY"\n'
    webhook = accepted(tmp_path, text).channels["w"]
    assert isinstance(webhook, WebhookSettings)
    assert webhook.url.get_secret_value() == "https://example.com/hook"
    assert webhook.secret.get_secret_value() == KEY


def test_no_secret_of_a_channel_is_shown(tmp_path: Path) -> None:
    text = f"""
[channels.ops]
url = "https://open.feishu.cn/open-apis/bot/v2/hook/hidden-token"
secret = "hidden-secret"
[channels.w]
kind = "webhook"
url = "https://example.com/hidden-path"
secret = "{KEY}"
headers = {{authorization = "hidden-header"}}
[channels.own]
kind = "shop.chat:Chat"
options = {{token = "hidden-option"}}
"""
    settings = accepted(tmp_path, text)
    shown = f"{settings.masked()} {settings!r} {settings.model_dump_json()}"
    assert "hidden" not in str(settings.masked())
    assert KEY not in shown
    for secret in ("hidden-token", "hidden-secret", "hidden-path", "hidden-header"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # A mistyped key, kind or name.
        (
            '[channels.ops]\nurl = "https://open.feishu.cn/x"\nsecrt = "s"\n',
            "channels.ops.secrt is not a known key; did",
        ),
        ('[channels.ops]\nkind = "slak"\n', "channels.ops has the unknown kind 'slak'; did you mean slack?"),
        ('[channels.ops]\nurl = "https://x.example"\n', "channels.ops needs a kind: one of feishu, lark"),
        ('[channels]\nops = "x"\n', "channels.ops needs a kind: one of feishu, lark"),
        ('[channels."Ops X"]\nkind = "console"\n', "channels: 'Ops X' is no name of a channel: write 1 to 64 of a-z"),
        # Addresses and secrets.
        ('[channels.ops]\nkind = "slack"\n', "channels.ops.url is missing: the address to post to"),
        ('[channels.ops]\nkind = "slack"\nurl = "x"\n', "channels.ops.url is not a web address; write https://host"),
        (
            '[channels.p]\nkind = "pagerduty"\nrouting_key = ""\n',
            "channels.p.routing_key must not be empty; write it, or",
        ),
        (
            '[channels.w]\nkind = "slack"\nurl = "env:NOPE"\n',
            "channels.w.url names the variable NOPE, which is not set",
        ),
        (
            '[channels.w]\nkind = "slack"\nurl = "file:no"\n',
            "channels.w.url names the file no, which cannot be read: No",
        ),
        (
            '[channels.w]\nkind = "webhook"\nurl = "https://x.example"\nsecret = "abc"\n',
            "channels.w.secret must be whsec_ followed by base64 of 24 to 64 bytes",
        ),
        (
            '[channels.m]\nkind = "email"\nhost = "h"\nsender = "x"\nto = ["a@b"]\n',
            "channels.m.sender holds 'x', which is no mail address; write name@example.com",
        ),
        ('[channels.m]\nkind = "email"\nhost = "h"\nsender = "a@b"\nto = []\n', "channels.m.to must not be empty"),
        # What does not fit together.
        (f'{CONSOLE}fallback = "b"\n', "channels.a.fallback names the channel 'b', which there is not; known are a"),
        (f'{CONSOLE}fallback = "a"\n', "channels.a.fallback names the channel itself; name another one"),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["b"]\n',
            "routes[0].receivers names the channel 'b', which there is not; known are a",
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nescalate = [{{after = "10m", to = ["b"]}}]\n',
            "routes[0].escalate names the channel 'b', which there is not",
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nrules = ["task-output"]\n',
            "routes[0].rules names the rule 'task-output', which there is not; did you mean task-outputs?",
        ),
        (f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = []\n', "routes[0].receivers must not be empty"),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\n[[routes]]\nid = "y"\nreceivers = ["a"]\n',
            "routes[1] can never be reached, because x takes everything; move it up",
        ),
        (
            f"{CONSOLE}{ROUTE}go_on = true\n{ROUTE}",
            "routes uses the id x twice; give each its own",
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nmin_level = "severe"\n',
            "routes[0].min_level must be one of 'low', 'medium', 'high' or 'critical'",
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nhours = "9-12"\n',
            'routes[0].hours must be two times of day, such as "09:00-18:00"',
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nhours = "09:00-09:00"\n',
            "routes[0].hours begins when it ends, so it holds no time at all",
        ),
        (
            f'{CONSOLE}[[routes]]\nid = "x"\nreceivers = ["a"]\nquiet = "1m"\ncap = "30s"\n',
            "routes[0] has a cap shorter than its quiet; make cap the longer one",
        ),
        # Maintenance.
        ('[[maintenance]]\nid = "m"\n', "maintenance[0] names no time; give start and end, or days and hours"),
        (
            '[[maintenance]]\nid = "m"\nstart = 2026-01-01T00:00:00Z\n',
            "maintenance[0] needs start and end, or neither",
        ),
        (
            '[[maintenance]]\nid = "m"\nstart = 2026-01-02T00:00:00Z\nend = 2026-01-01T00:00:00Z\n',
            "maintenance[0] ends before it begins; make end the later one",
        ),
        (
            '[[maintenance]]\nid = "m"\nstart = 2026-01-02T00:00:00\nend = 2026-01-03T00:00:00Z\n',
            "maintenance[0].start needs a zone, such as 2026-01-01T00:00:00Z",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_fix(tmp_path: Path, text: str, told: str) -> None:
    (problem,) = examined(tmp_path, text).problems
    assert problem.startswith(f"reconcilery.toml: {told}")


def test_an_empty_file_of_a_secret_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="is empty"):
        read_secret(f"file:{tmp_path / 'empty'}")


# 2026-09-14 is a Monday.
@pytest.mark.parametrize(
    ("days", "hours", "local", "inside"),
    [
        ((), None, "2026-09-14T03:00", True),
        (("mon",), None, "2026-09-14T03:00", True),
        (("tue",), None, "2026-09-14T03:00", False),
        ((), ("09:00", "18:00"), "2026-09-14T09:00", True),
        ((), ("09:00", "18:00"), "2026-09-14T18:00", False),
        (("tue",), ("09:00", "18:00"), "2026-09-14T10:00", False),
        # Over midnight: the hours belong to the day they begin on.
        (("mon",), ("22:00", "06:00"), "2026-09-14T23:00", True),
        (("mon",), ("22:00", "06:00"), "2026-09-15T05:59", True),
        (("mon",), ("22:00", "06:00"), "2026-09-14T05:59", False),
        (("mon",), ("22:00", "06:00"), "2026-09-15T06:00", False),
        (("mon",), ("22:00", "06:00"), "2026-09-15T23:00", False),
    ],
)
def test_hours_and_days(days: tuple[str, ...], hours: tuple[str, str] | None, local: str, inside: bool) -> None:  # noqa: FBT001 - a column of the table
    times = None if hours is None else (time.fromisoformat(hours[0]), time.fromisoformat(hours[1]))
    assert is_open(days, times, datetime.fromisoformat(local).replace(tzinfo=UTC)) is inside  # type: ignore[arg-type]
