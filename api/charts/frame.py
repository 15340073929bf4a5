"""The frame of every chart: as wide as its place, of a fixed height, with a title and a description for readers.

Texts keep their size on any screen: places across are percent of the width, and lines are drawn in a nested picture
that is stretched alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from api.charts.scales import Tick, percent, time_ticks
from api.charts.svg import Picture, Svg, element, joined
from api.charts.words import ENGLISH, ChartWords
from consistency.model import Window

_AXIS = 20
_LEGEND = 18
_FIRST, _LAST = 4, 96


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is drawn in: the title, the stretch of time, the reader's zone and words.

    `name` makes the ids of one chart different from those of another on the same page.
    """

    title: str
    window: Window
    zone: ZoneInfo
    words: ChartWords = ENGLISH
    name: str = "chart"

    def named(self, kind: str) -> "Frame":
        """The same, with the kind of the chart in its name unless the caller chose one."""
        return replace(self, name=kind) if self.name == "chart" else self

    def across(self, moment: datetime) -> float:
        """Percent of the width."""
        return percent(moment, self.window)

    def moment_text(self, moment: datetime) -> str:
        """`2026-09-16 11:00`."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def stretch_text(self, start: datetime, end: datetime) -> str:
        """`2026-09-16 11:00 to 11:15`; where it ends on another day, with that date."""
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
        return self.words.lasted.format(f"{first:%Y-%m-%d %H:%M}", until)

    def span(self) -> dict[str, str]:
        """Both ends in words, by the names that the descriptions use."""
        return {"start": self.moment_text(self.window.start), "end": self.moment_text(self.window.end)}


@dataclass(frozen=True, slots=True)
class Plot:
    """The part of a chart between `top` and `bottom`, in pixels."""

    top: float
    bottom: float

    def down(self, share: float) -> float:
        """The pixel of a share of the height, counted from below."""
        return self.bottom - (self.bottom - self.top) * min(1.0, max(0.0, share))

    def stretched(self, *inside: str) -> Svg:
        """A picture of 1000 by 1000 that fills the plot, whatever its width; 0 is above."""
        place = {"x": 0, "y": self.top, "width": "100%", "height": self.bottom - self.top}
        return element(
            "svg", *inside, **place, view_box="0 0 1000 1000", preserve_aspect_ratio="none", overflow="visible"
        )


def chart(frame: Frame, kind: str, height: int, description: str, *inside: str, linked: bool = False) -> Picture:
    """The whole picture; with links inside it is a group for readers, else one image."""
    title, told = f"{frame.name}-title", f"{frame.name}-desc"
    head = joined(element("title", frame.title, id=title), element("desc", description, id=told))
    drawn = element(
        "svg",
        head,
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        class_=f"chart {kind}",
        width="100%",
        height=height,
        role="group" if linked else "img",
        aria_labelledby=title,
        aria_describedby=told,
    )
    return Picture(drawn, description)


def plot_of(height: int, *, legend: bool = False) -> Plot:
    """What remains between a legend above and the axis below."""
    return Plot(float(_LEGEND if legend else 2), float(height - _AXIS))


def time_axis(frame: Frame, plot: Plot) -> Svg:
    """The named moments below the plot, with a faint line through it."""
    return joined(*(_tick(tick, plot) for tick in time_ticks(frame.window, frame.zone)))


def _tick(tick: Tick, plot: Plot) -> Svg:
    at, minor = f"{tick.at:.2f}%", " minor" if tick.minor else ""
    anchor = "start" if tick.at < _FIRST else "end" if tick.at > _LAST else "middle"
    line = element("line", x1=at, x2=at, y1=plot.top, y2=plot.bottom, class_="grid")
    label = element("text", tick.label, x=at, y=plot.bottom + 14, text_anchor=anchor, class_=f"tick{minor}")
    return joined(line, label)


def level_line(plot: Plot, share: float, label: str) -> Svg:
    """A line across at a share of the height, named beside its left end, where the style leaves room."""
    y = plot.down(share)
    line = element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid")
    return joined(line, element("text", label, x=-6, y=y + 4, text_anchor="end", class_="tick level"))


def legend(entries: Iterable[tuple[str, str]]) -> Svg:
    """What the colours mean, right above the plot: (class, a sign and words) each; only the sign has the colour."""
    signed = [(kind, *words.partition(" ")) for kind, words in entries]
    spans = [
        joined(element("tspan", sign, class_=kind, dx=12 if place else None), element("tspan", f" {words}"))
        for place, (kind, sign, _, words) in enumerate(signed)
    ]
    return element("text", *spans, x="100%", y=12, text_anchor="end", class_="legend") if spans else Svg()


def nothing(plot: Plot, words: str) -> Svg:
    """What stands in the middle of an empty plot."""
    middle = (plot.top + plot.bottom) / 2 + 4
    return element("text", words, x="50%", y=middle, text_anchor="middle", class_="nothing")
