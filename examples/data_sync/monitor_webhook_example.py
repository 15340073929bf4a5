"""Events to Slack, Feishu, a webhook, mail, Prometheus and the console, by callbacks.

Set the addresses that you have, and run it; it tells of one synchronisation that works and of one that fails:

    export FEISHU_WEBHOOK_URL='https://open.feishu.cn/open-apis/bot/v2/hook/...'
    python examples/data_sync/monitor_webhook_example.py

| variable | who is told |
| --- | --- |
| SLACK_WEBHOOK_URL, FEISHU_WEBHOOK_URL | a chat, of what is an error or worse |
| WEBHOOK_URL | a program of yours, of everything, several events at once |
| MAIL_TO, with SMTP_HOST, SMTP_PORT and MAIL_FROM | a person, of what is critical |
| PROMETHEUS_PORT | a port on which this program serves its counters |
"""

import asyncio
import os
import smtplib
from email.message import EmailMessage
from typing import Any

import requests
from batches import Batches
from prometheus_client import start_http_server

from consistency.errors import ReconcileryError
from monitoring.console import console_callback
from monitoring.counting import prometheus_callback
from monitoring.monitor_interface import Event, EventLevel, EventType, MonitorInterface, get_monitor_interface

SECONDS = 10


def slack_callback(event: Event) -> None:
    """One line in a channel of Slack."""
    post(os.environ["SLACK_WEBHOOK_URL"], {"text": text_of(event)})


def feishu_callback(event: Event) -> None:
    """One message in a group of Feishu, which says 200 also to what it does not take."""
    payload = {"msg_type": "text", "content": {"text": text_of(event)}}
    answer = post(os.environ["FEISHU_WEBHOOK_URL"], payload).json()
    if answer.get("code") != 0:
        raise RuntimeError(f"Feishu answered {answer.get('code')}: {answer.get('msg')}")


def webhook_callback(events: list[Event]) -> None:
    """All that came within a second, in one request."""
    post(os.environ["WEBHOOK_URL"], {"service": "DataSync", "events": [event.body() for event in events]})


batched_webhook_callback = Batches(webhook_callback, seconds=1)


def email_callback(event: Event) -> None:
    """A mail for what should get somebody out of bed."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(f"[{event.level}] {event.service}: {event.message}".split())
    mail["From"], mail["To"] = os.environ["MAIL_FROM"], os.environ["MAIL_TO"]
    mail.set_content(text_of(event))
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ.get("SMTP_PORT", "25")), timeout=SECONDS) as server:
        server.send_message(mail)


def post(url: str, payload: dict[str, Any]) -> requests.Response:
    """The answer; what the interface is told by an exception stands in the log, without the address."""
    response = requests.post(url, json=payload, timeout=SECONDS)
    response.raise_for_status()
    return response


def text_of(event: Event) -> str:
    return f"{event.service}\n{event.event_type} ({event.level})\n{event.message}\n{event.timestamp}"


def register_callbacks(monitor: MonitorInterface) -> None:
    """Those whose addresses are set; each is told of what it is good for."""
    monitor.register_callback(console_callback)
    monitor.register_callback(prometheus_callback)
    if "SLACK_WEBHOOK_URL" in os.environ:
        monitor.register_callback(slack_callback, min_level=EventLevel.ERROR)
    if "FEISHU_WEBHOOK_URL" in os.environ:
        monitor.register_callback(feishu_callback, min_level=EventLevel.ERROR)
    if "WEBHOOK_URL" in os.environ:
        monitor.register_callback(batched_webhook_callback)
    if "MAIL_TO" in os.environ:
        monitor.register_callback(email_callback, levels=[EventLevel.CRITICAL])
    if "PROMETHEUS_PORT" in os.environ:
        start_http_server(int(os.environ["PROMETHEUS_PORT"]), addr="127.0.0.1")


async def main() -> None:
    """Emit the events of a synchronisation, and ask what they come to."""
    monitor = get_monitor_interface()
    register_callbacks(monitor)
    monitor.emit_event(EventType.SYNC_START, EventLevel.INFO, "the synchronisation begins")
    monitor.emit_event(
        event_type=EventType.SYNC_SUCCESS,
        level=EventLevel.INFO,
        message="1000 records are synchronised",
        details={"tables": ["coin_data", "indicator_data"]},
        metrics={"records_synced": 1000, "duration_seconds": 30.5},
    )
    monitor.emit_event(EventType.SYNC_FAILURE, EventLevel.ERROR, "the remote database does not answer")
    monitor.emit_event(EventType.STORAGE_WARNING, EventLevel.CRITICAL, "the disk is full")
    try:
        metrics = await monitor.get_sync_metrics(hours=24)
        print(f"succeeded {metrics['sync_success_count']} times, failed {metrics['sync_failure_count']} times")
    except ReconcileryError as error:
        print(f"nobody can be asked: {error}")
    monitor.flush()
    batched_webhook_callback.hand_on()


if __name__ == "__main__":
    asyncio.run(main())
