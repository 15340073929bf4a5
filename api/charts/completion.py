"""The completion rate over time: bands at 95 and 80 %, gaps as gaps, and beside it how it stands as counted since."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor as whole

from api.charts.frame import Frame, Plot, chart, legend, level_line, nothing, plot_of, time_axis
from api.charts.marks import Mark, mark_lines, marks_text
from api.charts.scales import rate_words
from api.charts.svg import Picture, Svg, element, joined, number
from consistency.rules import DEGRADED_FROM, HEALTHY_FROM

_HEIGHT = 240
#: A scale begins no higher than there, and on a twentieth.
_HIGHEST_FLOOR = 0.75
_TWENTIETHS = 20
#: Names of levels that stand nearer than this part of the height cannot be read.
_NEAREST = 0.065


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate from 0 to 1 at a moment; None ends the line, so that what nobody measured is no line."""

    at: datetime
    rate: float | None


def completion_line(
    seen: Sequence[Rate], frame: Frame, *, now: Sequence[Rate] = (), marks: Sequence[Mark] = ()
) -> Picture:
    """`seen` as the checks saw it then, `now` as it was counted since, dashed; both in order of time."""
    named, plot = frame.named("completion"), plot_of(_HEIGHT, legend=True)
    floor = floor_of([*seen, *now])
    inside = (
        _bands(plot, floor),
        time_axis(named, plot),
        _levels(plot, floor),
        plot.stretched(_line(seen, named, floor, "seen"), _line(now, named, floor, "now")),
        _dots(seen, named, plot, floor, "seen"),
        _dots(now, named, plot, floor, "now"),
        mark_lines(marks, named, plot),
        _legend(seen, now, named),
    )
    told = _told(seen or now, named)
    empty = "" if any(each.rate is not None for each in (*seen, *now)) else nothing(plot, told)
    return chart(named, "completion", _HEIGHT, told + marks_text(marks, named), *inside, empty)


def floor_of(rates: Iterable[Rate]) -> float:
    """Where the scale begins: as high as the lowest rate allows."""
    lowest = min((each.rate for each in rates if each.rate is not None), default=1.0)
    return min(_HIGHEST_FLOOR, whole(_TWENTIETHS * lowest) / _TWENTIETHS)


def _share(rate: float, floor: float) -> float:
    return (rate - floor) / (1 - floor)


def _bands(plot: Plot, floor: float) -> Svg:
    warn, bad = plot.down(_share(HEALTHY_FROM, floor)), plot.down(_share(DEGRADED_FROM, floor))
    across = {"x": 0, "width": "100%"}
    return joined(
        element("rect", **across, y=warn, height=bad - warn, class_="band degraded"),
        element("rect", **across, y=bad, height=plot.bottom - bad, class_="band unhealthy"),
    )


def _levels(plot: Plot, floor: float) -> Svg:
    named: list[float] = []
    for level in (1.0, DEGRADED_FROM, HEALTHY_FROM, floor):
        share = _share(level, floor)
        if all(abs(share - _share(other, floor)) >= _NEAREST for other in named):
            named.append(level)
    return joined(*(level_line(plot, _share(level, floor), f"{100 * level:.0f} %") for level in named))


def _line(rates: Sequence[Rate], frame: Frame, floor: float, kind: str) -> Svg:
    runs = [run for run in runs_of(rates) if len(run) > 1]
    path = "".join("M" + "L".join(_point(each, frame, floor) for each in run) for run in runs)
    return element("path", d=path, class_=f"line {kind}", vector_effect="non-scaling-stroke") if path else Svg()


def _point(rate: Rate, frame: Frame, floor: float) -> str:
    assert rate.rate is not None  # a run holds no gaps
    share = min(1.0, max(0.0, _share(rate.rate, floor)))
    return f"{number(10 * frame.across(rate.at))} {number(1000 * (1 - share))}"


def _dots(rates: Sequence[Rate], frame: Frame, plot: Plot, floor: float, kind: str) -> Svg:
    """What stands alone between two gaps has no line, and would not be seen."""
    alone = (run[0] for run in runs_of(rates) if len(run) == 1)
    return joined(
        *(
            element(
                "circle",
                cx=f"{frame.across(each.at):.2f}%",
                cy=plot.down(_share(each.rate or 0.0, floor)),
                r=2,
                class_=f"dot {kind}",
            )
            for each in alone
        )
    )


def runs_of(rates: Iterable[Rate]) -> Iterator[list[Rate]]:
    """The stretches without a gap."""
    run: list[Rate] = []
    for each in rates:
        if each.rate is not None:
            run.append(each)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _legend(seen: Sequence[Rate], now: Sequence[Rate], frame: Frame) -> Svg:
    words = frame.words
    entries = [("seen", words.seen_legend.format(words.seen))] if seen and now else []
    return legend([*entries, *([("now", words.now_legend.format(words.now))] if now else [])])


def _told(rates: Sequence[Rate], frame: Frame) -> str:
    known = [(each.rate, each.at) for each in rates if each.rate is not None]
    if not known:
        return frame.words.empty_line.format(**frame.span())
    lowest, at = min(known)
    return frame.words.line.format(
        **frame.span(),
        lowest=rate_words(lowest),
        lowest_at=frame.moment_text(at),
        last=rate_words(known[-1][0]),
    )
