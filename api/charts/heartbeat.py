"""The heartbeat strip: a bar for every stretch of time, told apart by height as well as by colour; grey is no check."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.charts.frame import Frame, chart, nothing, plot_of, time_axis
from api.charts.svg import Picture, Svg, element
from consistency.model import Health

_HEIGHT = 62
_GAP = 0.16
_TALL = {Health.HEALTHY: 1.0, Health.DEGRADED: 0.7, Health.UNHEALTHY: 0.4, Health.UNKNOWN: 0.25}
_STUB = 0.12


@dataclass(frozen=True, slots=True)
class Beat:
    """What the checks of a stretch found: the gravest health, None where none ran; `note` and `link` may be empty."""

    start: datetime
    end: datetime
    health: Health | None
    note: str = ""
    link: str = ""


def heartbeat_strip(beats: Sequence[Beat], frame: Frame) -> Picture:
    """One bar a beat over the frame's window; a bar with a link leads there by pointer, not by the tab key."""
    named, plot = frame.named("heartbeat"), plot_of(_HEIGHT)
    linked = any(beat.link for beat in beats)
    bars = (_bar(beat, named) for beat in beats)
    told = _told(beats, named)
    empty = "" if beats else nothing(plot, told)
    return chart(named, "heartbeat", _HEIGHT, told, time_axis(named, plot), *bars, empty, linked=linked)


def _bar(beat: Beat, frame: Frame) -> Svg:
    plot = plot_of(_HEIGHT)
    left, right = frame.across(beat.start), frame.across(beat.end)
    top = plot.down(_TALL[beat.health] if beat.health else _STUB)
    bar = element(
        "rect",
        element("title", _words(beat, frame)),
        x=f"{left:.2f}%",
        width=f"{max(0.0, (right - left) * (1 - _GAP)):.2f}%",
        y=top,
        height=plot.bottom - top,
        class_=f"beat {beat.health or 'none'}",
    )
    return element("a", bar, href=beat.link, tabindex=-1) if beat.link else bar


def _words(beat: Beat, frame: Frame) -> str:
    said = frame.words.health[beat.health] if beat.health else frame.words.no_check
    note = f" · {beat.note}" if beat.note else ""
    return f"{frame.stretch_text(beat.start, beat.end)} · {said}{note}"


def _told(beats: Sequence[Beat], frame: Frame) -> str:
    counted, words = Counter(beat.health for beat in beats), frame.words
    named = [f"{words.health[health]} {counted[health]}" for health in Health if counted[health]]
    named += [f"{words.no_check} {counted[None]}"] if counted[None] else []
    return words.beats.format(**frame.span(), counts=", ".join(named) or words.no_check)
