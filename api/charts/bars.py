"""Bars over time: each with its own words while they are few, all in one stroke when they are many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.charts.frame import Frame, Plot
from api.charts.svg import Svg, element, joined, number

#: More bars than these are too thin to point at.
MOST_WORDED = 120
_GAP = 0.16


@dataclass(frozen=True, slots=True)
class Bar:
    """A value over a stretch of time; `note` is what is said of it, `kind` a class of the style."""

    start: datetime
    end: datetime
    value: float
    note: str
    kind: str = "usual"


def drawn(bars: Sequence[Bar], frame: Frame, plot: Plot, most: float) -> Svg:
    """The bars on a scale from 0 to `most`."""
    if len(bars) <= MOST_WORDED:
        return joined(*(_worded(bar, frame, plot, most) for bar in bars))
    kinds = sorted({bar.kind for bar in bars})
    return plot.stretched(*(_stroke([bar for bar in bars if bar.kind == kind], kind, frame, most) for kind in kinds))


def _worded(bar: Bar, frame: Frame, plot: Plot, most: float) -> Svg:
    left, right, top = frame.across(bar.start), frame.across(bar.end), plot.down(bar.value / most)
    return element(
        "rect",
        element("title", f"{frame.stretch_text(bar.start, bar.end)} · {bar.note}"),
        x=f"{left:.2f}%",
        width=f"{(right - left) * (1 - _GAP):.2f}%",
        y=top,
        height=plot.bottom - top,
        class_=f"bar {bar.kind}",
    )


def _stroke(bars: Iterable[Bar], kind: str, frame: Frame, most: float) -> Svg:
    boxes = []
    for bar in bars:
        left, right = 10 * frame.across(bar.start), 10 * frame.across(bar.end)
        top, wide = 1000 * (1 - min(1.0, bar.value / most)), (right - left) * (1 - _GAP)
        boxes.append(f"M{number(left)} 1000V{number(top)}h{number(wide)}V1000z")
    return element("path", d="".join(boxes), class_=f"bar {kind}")
