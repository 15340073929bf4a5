"""`reconcilery notify test`: one message through one channel, and what the provider says to it."""

from datetime import UTC, datetime
from uuid import uuid4

import click

from cli.actor import actor
from cli.as_json import json_flag, print_object
from consistency.errors import ReconcileryError
from consistency.logs import configure_logging
from consistency.model import Level
from consistency.settings import Settings, load_settings
from notifiers.channels.channel import Outcome, Verdict
from notifiers.channels.choosing import Channels
from notifiers.messages.events import our_event
from notifiers.messages.message import Message


class NotTaken(ReconcileryError):
    """The channel has not taken the message."""


@click.command(epilog="Example: reconcilery notify test ops")
@click.argument("channel")
@json_flag
def test(*, channel: str, as_json: bool) -> None:
    """Send a test message through a channel, once, and say what the provider answers.

    It needs neither broker nor worker nor database.
    """
    settings = load_settings()
    configure_logging(settings, "cli")
    channels = Channels(settings)
    try:
        now = datetime.now(UTC)
        verdict = channels.channel(channel).send(_message(settings, now), now, None)
    finally:
        channels.close()
    if as_json:
        told = {"outcome": str(verdict.outcome), "code": verdict.code, "detail": verdict.detail}
        print_object(channel=channel, **told)
    if verdict.outcome is not Outcome.OK:
        raise NotTaken(f"channel {channel} has not taken the message: {_said(verdict)}")
    if not as_json:
        click.echo(f"Channel {channel} has taken the message ({_said(verdict)}).")


def _said(verdict: Verdict) -> str:
    return ": ".join(part for part in (verdict.code, verdict.detail) if part) or str(verdict.outcome)


def _message(settings: Settings, now: datetime) -> Message:
    said = f"This is a test from {actor()}; nothing is wrong."
    notice = our_event(
        "test", Level.LOW, service=settings.service, rule="", message=said, at=now, details={"by": actor()}
    )
    return Message(
        id=f"msg_{uuid4().hex}",
        thread=f"test-{uuid4().hex[:12]}",
        seq=1,
        reason="test",
        service=settings.service,
        rule="",
        level=Level.LOW,
        at=now,
        notices=(notice,),
    )
