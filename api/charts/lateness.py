"""How long the first outputs took: a bar for each range of delays, the late ones in a colour of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.charts.frame import Frame, Plot, chart, legend, nothing, plot_of
from api.charts.scales import ceiling, length_words
from api.charts.svg import Picture, Svg, element, joined

_HEIGHT = 170
_GAP = 0.12
_EVERY_SECOND = 2


@dataclass(frozen=True, slots=True)
class Delays:
    """So many outputs took from `lower` up to but without `upper` seconds; None is without an end."""

    lower: float
    upper: float | None
    count: int
    is_late: bool = False


def lateness_bars(delays: Sequence[Delays], frame: Frame) -> Picture:
    """One bar a range, in order; the frame's window is not looked at."""
    named, plot = frame.named("lateness"), plot_of(_HEIGHT, legend=True)
    most = ceiling(max((each.count for each in delays), default=0))
    bars = (_bar(place, each, len(delays), named, plot, most) for place, each in enumerate(delays))
    base = element("line", x1="0", x2="100%", y1=plot.bottom, y2=plot.bottom, class_="grid")
    late = [("late", f"█ {named.words.late}")] if any(each.is_late and each.count for each in delays) else []
    told = _told(delays, named)
    empty = "" if any(each.count for each in delays) else nothing(plot, told)
    return chart(named, "lateness", _HEIGHT, told, base, *bars, legend(late), empty)


def range_words(delays: Delays, frame: Frame) -> str:
    """`5 s to 10 s`."""
    if delays.upper is None:
        return frame.words.beyond.format(length_words(delays.lower))
    return frame.words.lasted.format(length_words(delays.lower), length_words(delays.upper))


def _bar(place: int, delays: Delays, number: int, frame: Frame, plot: Plot, most: float) -> Svg:
    wide, top = 100 / number, plot.down(delays.count / most)
    middle = f"{(place + 0.5) * wide:.2f}%"
    words = f"{range_words(delays, frame)} · {frame.words.outputs.format(f'{delays.count:,}')}"
    bar = element(
        "rect",
        element("title", words),
        x=f"{(place + _GAP / 2) * wide:.2f}%",
        width=f"{wide * (1 - _GAP):.2f}%",
        y=top,
        height=plot.bottom - top,
        class_=f"bar {'late' if delays.is_late else 'usual'}",
    )
    minor = " minor" if place % _EVERY_SECOND else ""
    edge = {"x": f"{place * wide:.2f}%", "y": plot.bottom + 14, "dx": 2, "class_": f"tick{minor}"}
    counted = element("text", _short(delays.count), x=middle, y=top - 4, text_anchor="middle", class_=f"count{minor}")
    return joined(bar, element("text", length_words(delays.lower), **edge), counted if delays.count else "")


def _short(count: int) -> str:
    """`812`, `1.2k`, `34k`, `5.6M`."""
    for size, unit in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count / size:.{1 if count < 10 * size else 0}f}{unit}"
    return str(count)


def _told(delays: Sequence[Delays], frame: Frame) -> str:
    total = sum(each.count for each in delays)
    if not total:
        return frame.words.empty_lateness
    mode = max(delays, key=lambda each: each.count)
    return frame.words.lateness.format(total=f"{total:,}", mode=range_words(mode, frame))
