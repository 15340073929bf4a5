"""How many tasks ended in each stretch, before the band of what such stretches usually have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.charts.bars import Bar, drawn
from api.charts.frame import Frame, chart, legend, level_line, nothing, plot_of, time_axis
from api.charts.scales import ceiling
from api.charts.svg import Picture, Svg, element, joined, number

_HEIGHT = 150
_DEVIATIONS = 3


@dataclass(frozen=True, slots=True)
class Volume:
    """The tasks of a stretch; what is usual (`expected`, with its deviation) is None while that is still unknown.

    `unusual` is `low`, `high` or empty.
    """

    start: datetime
    end: datetime
    tasks: int
    expected: float | None = None
    deviation: float | None = None
    unusual: str = ""

    @property
    def usual(self) -> tuple[float, float] | None:
        """The least and the most that are usual."""
        if self.expected is None or self.deviation is None:
            return None
        margin = _DEVIATIONS * self.deviation
        return max(0.0, self.expected - margin), self.expected + margin


def volume_bars(volumes: Sequence[Volume], frame: Frame) -> Picture:
    """One bar a stretch; stretches that nobody counted are left out by the caller and stay empty."""
    named, plot = frame.named("volume"), plot_of(_HEIGHT, legend=True)
    most = ceiling(max((max(each.tasks, (each.usual or (0, 0))[1]) for each in volumes), default=0.0))
    bars = [Bar(each.start, each.end, each.tasks, _note(each, named), each.unusual or "usual") for each in volumes]
    inside = (
        plot.stretched(_band(volumes, named, most)),
        time_axis(named, plot),
        level_line(plot, 1.0, f"{most:,.0f}"),
        drawn(bars, named, plot, most),
        _legend(volumes, named),
        "" if volumes else nothing(plot, _told(volumes, named)),
    )
    return chart(named, "volume", _HEIGHT, _told(volumes, named), *inside)


def _note(volume: Volume, frame: Frame) -> str:
    words = frame.words
    said = words.tasks.format(f"{volume.tasks:,}")
    if volume.usual:
        said += f" · {words.band}: {words.lasted.format(*(f'{bound:,.0f}' for bound in volume.usual))}"
    return said


def _band(volumes: Sequence[Volume], frame: Frame, most: float) -> Svg:
    known = [(each, each.usual) for each in volumes if each.usual]
    boxes = (
        f"M{number(10 * frame.across(each.start))} {number(1000 * (1 - usual[1] / most))}"
        f"H{number(10 * frame.across(each.end))}V{number(1000 * (1 - usual[0] / most))}"
        f"H{number(10 * frame.across(each.start))}z"
        for each, usual in known
        if usual
    )
    path = "".join(boxes)
    return element("path", d=path, class_="expected") if path else joined()


def _legend(volumes: Sequence[Volume], frame: Frame) -> Svg:
    words, kinds = frame.words, {each.unusual for each in volumes}
    entries = [("expected", f"█ {words.band}")] if any(each.usual for each in volumes) else []
    entries += [("low", f"█ {words.few}")] if "low" in kinds else []
    return legend([*entries, *([("high", f"█ {words.many}")] if "high" in kinds else [])])


def _told(volumes: Sequence[Volume], frame: Frame) -> str:
    if not volumes:
        return frame.words.empty_volume.format(**frame.span())
    total, most = sum(each.tasks for each in volumes), max(each.tasks for each in volumes)
    return frame.words.volume.format(**frame.span(), total=f"{total:,}", most=f"{most:,}")
