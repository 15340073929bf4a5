"""A service with the seed's three callbacks; `python -m benchmarks.programs.emitter WEBHOOK COUNT` times what it waits.

It says `ready` when its first events have gone out, goes on after a line on its standard input, and prints its figures.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import requests

from monitoring.monitor_interface import Event, EventLevel, EventType, setup_monitor_interface

WARM, DIRECT = 300, 300
PAUSE_SECONDS = 0.005
DETAILS = {"duration": 30.5, "tables": ["coin_data", "indicator_data"]}
METRICS = {"records_synced": 1000, "duration_seconds": 30.5, "success_rate": 1.0}
MESSAGE = "数据同步完成: 1000条记录"
Callback = Callable[[Event], None]


def callbacks(webhook: str) -> list[Callback]:
    """As in the seed: one prints, two post without keeping a connection."""

    def my_callback(event: Event) -> None:
        print(f"收到事件: {event.event_type} - {event.message}", file=sys.stderr)

    def webhook_callback(event: Event) -> None:
        requests.post(webhook, json={"service": "DataSync", **event.body()}).raise_for_status()

    def feishu_bot_callback(event: Event) -> None:
        text = f"DataSync通知\n事件: {event.event_type}\n级别: {event.level}\n消息: {event.message}"
        requests.post(webhook, json={"msg_type": "text", "content": {"text": text}})

    return [my_callback, webhook_callback, feishu_bot_callback]


def built() -> Event:
    """The event object alone, from what is known already."""
    return Event("2025-08-29T10:30:00.000Z", "sync_success", "info", "datasync", MESSAGE, DETAILS, METRICS, "evt_1")


def seconds(job: Callable[[], Any]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def in_turns(emit: Callable[[], None], count: int, pause: float, after: str) -> dict[str, list[float]]:
    """What building and emitting take, each after a pause in which callbacks and sender work, or in a row."""
    times: dict[str, list[float]] = {f"build{after}": [], f"emit{after}": []}
    for _ in range(count):
        for found, job in zip(times.values(), (built, emit), strict=True):
            if pause:
                time.sleep(pause)
            found.append(seconds(job))
    return times


def main() -> None:
    """Call the callbacks without us, then build and emit in turns, with pauses and without."""
    webhook, count = sys.argv[1], int(sys.argv[2])
    monitor, called = setup_monitor_interface(), callbacks(webhook)
    for callback in called:
        monitor.register_callback(callback)

    def emit() -> None:
        monitor.emit_event(EventType.SYNC_SUCCESS, EventLevel.INFO, MESSAGE, DETAILS, METRICS)

    for _ in range(WARM):
        emit()
    assert monitor.flush(60.0)
    print("ready", flush=True)
    sys.stdin.readline()
    event = built()
    direct = [seconds(lambda: [callback(event) for callback in called]) for _ in range(DIRECT)]
    times = {
        "direct": direct,
        **in_turns(emit, count, PAUSE_SECONDS, "_after_a_pause"),
        **in_turns(emit, count, 0.0, ""),
    }
    print(json.dumps({"times": times, "dropped": monitor.counts.dropped}), flush=True)


if __name__ == "__main__":
    main()
