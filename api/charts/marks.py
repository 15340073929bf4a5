"""Moments that a chart points out: a repair, an onset, an acknowledgement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.charts.frame import Frame, Plot
from api.charts.svg import Svg, element, joined

_LANES = 3
_LANE = 13
# Labels are laid out for a chart of this width; on a narrow screen the style leaves them out.
_WIDTH = 820
_LETTER = 6.4
_WIDE_LETTER = 11.5
_LONGEST = 40
_LEFTWARDS = 75


class MarkKind(StrEnum):
    """What happened; each has a stroke of its own."""

    REPAIR = "repair"
    ROLLBACK = "rollback"
    ONSET = "onset"
    RECOVERY = "recovery"
    ALERT = "alert"
    ACK = "ack"


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment with what happened in a few words."""

    at: datetime
    kind: MarkKind
    text: str


def mark_lines(marks: Sequence[Mark], frame: Frame, plot: Plot) -> Svg:
    """A line down the plot for each mark within the window, with its words where there is room for them."""
    free, within = [0.0] * _LANES, marks_within(marks, frame)
    lines = (_line(mark, frame, plot) for mark in within)
    return joined(*lines, *(_label(mark, frame.across(mark.at), plot, free) for mark in within))


def marks_within(marks: Sequence[Mark], frame: Frame) -> list[Mark]:
    """Those that the window holds, oldest first."""
    within = (mark for mark in marks if frame.window.start <= mark.at <= frame.window.end)
    return sorted(within, key=lambda mark: mark.at)


def marks_text(marks: Sequence[Mark], frame: Frame) -> str:
    """All of them in words; empty where there are none."""
    told = [f"{frame.moment_text(mark.at)} {mark.text}" for mark in marks_within(marks, frame)]
    return " " + frame.words.marks.format("; ".join(told)) if told else ""


def _line(mark: Mark, frame: Frame, plot: Plot) -> Svg:
    at = f"{frame.across(mark.at):.2f}%"
    return element(
        "line",
        element("title", f"{frame.moment_text(mark.at)} {mark.text}"),
        x1=at,
        x2=at,
        y1=plot.top,
        y2=plot.bottom,
        class_=f"mark {mark.kind}",
    )


def _label(mark: Mark, across: float, plot: Plot, free: list[float]) -> Svg:
    text = mark.text if len(mark.text) <= _LONGEST else mark.text[: _LONGEST - 1] + "…"
    pixel, long = across / 100 * _WIDTH, text_width(text)
    leftwards = across > _LEFTWARDS
    begin, end = (pixel - long, pixel) if leftwards else (pixel, pixel + long)
    lane = next((lane for lane, taken in enumerate(free) if taken <= begin), None)
    if lane is None:
        return Svg()
    free[lane] = end + 8
    return element(
        "text",
        text,
        x=f"{across:.2f}%",
        dx=-4 if leftwards else 4,
        y=plot.bottom - 6 - _LANE * lane,
        text_anchor="end" if leftwards else "start",
        class_=f"mark-text {mark.kind}",
    )


def text_width(text: str) -> float:
    """About how many pixels a text takes."""
    return sum(_WIDE_LETTER if letter > "\u2e80" else _LETTER for letter in text) + 8
