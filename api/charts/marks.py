"""Moments that a chart points out: a repair, an onset, an acknowledgement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.charts.frame import Frame, Plot
from api.charts.svg import Svg, element, joined

_LANES = 4
_LANE = 13
# Labels are laid out for a chart of this width; on a narrow screen the style leaves them out.
_WIDTH = 820
_LETTER = 6.4
_WIDE_LETTER = 11.5
_LONGEST = 40


class MarkKind(StrEnum):
    """What happened; each has a stroke of its own."""

    REPAIR = "repair"
    ROLLBACK = "rollback"
    ONSET = "onset"
    RECOVERY = "recovery"
    ALERT = "alert"
    ACK = "ack"


#: Whose words come first where there is no room for all.
_TELLING = (MarkKind.REPAIR, MarkKind.ROLLBACK, MarkKind.ONSET, MarkKind.RECOVERY, MarkKind.ALERT, MarkKind.ACK)


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment with what happened in a few words."""

    at: datetime
    kind: MarkKind
    text: str


def mark_lines(marks: Sequence[Mark], frame: Frame, plot: Plot) -> Svg:
    """A line down the plot for each mark within the window, with its words where there is room for them."""
    within = marks_within(marks, frame)
    lines = (_line(mark, frame, plot) for mark in within)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LANES)]
    telling_first = sorted(within, key=lambda mark: _TELLING.index(mark.kind))
    return joined(*lines, *(_label(mark, frame.across(mark.at), plot, taken) for mark in telling_first))


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


def _label(mark: Mark, across: float, plot: Plot, taken: Sequence[list[tuple[float, float]]]) -> Svg:
    text = mark.text if len(mark.text) <= _LONGEST else mark.text[: _LONGEST - 1] + "…"
    place = _free_place(across / 100 * _WIDTH, text_width(text), taken)
    if place is None:
        return Svg()
    lane, rightwards = place
    return element(
        "text",
        text,
        x=f"{across:.2f}%",
        dx=4 if rightwards else -4,
        y=plot.bottom - 6 - _LANE * lane,
        text_anchor="start" if rightwards else "end",
        class_=f"mark-text {mark.kind}",
    )


def _free_place(pixel: float, wide: float, taken: Sequence[list[tuple[float, float]]]) -> tuple[int, bool] | None:
    """The lowest lane with room, and whether that is to the right of the mark; the place is taken then."""
    for lane, held in enumerate(taken):
        for begin in (pixel, pixel - wide):
            end = begin + wide
            if begin >= 0 and end <= _WIDTH and all(end <= low or begin >= high for low, high in held):
                held.append((begin, end))
                return lane, begin == pixel
    return None


def text_width(text: str) -> float:
    """About how many pixels a text takes."""
    return sum(_WIDE_LETTER if letter > "\u2e80" else _LETTER for letter in text) + 8
