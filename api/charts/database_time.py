"""How long the application's database worked for the checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.charts.bars import Bar, drawn
from api.charts.frame import Frame, chart, level_line, nothing, plot_of, time_axis
from api.charts.scales import ceiling
from api.charts.svg import Picture

_HEIGHT = 130
_KINDS = {False: "usual", True: "slow"}


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds that the database worked for the checks of a stretch; `is_slow` marks a statement over the limit."""

    start: datetime
    end: datetime
    seconds: float
    is_slow: bool = False


def database_bars(works: Sequence[Work], frame: Frame) -> Picture:
    """One bar a stretch; stretches without a check are left out by the caller."""
    named, plot = frame.named("database"), plot_of(_HEIGHT)
    most = ceiling(max((each.seconds for each in works), default=0.0))
    words = named.words.worked
    bars = [
        Bar(each.start, each.end, each.seconds, words.format(f"{each.seconds:.3g}"), _KINDS[each.is_slow])
        for each in works
    ]
    inside = (
        time_axis(named, plot),
        level_line(plot, 1.0, words.format(f"{most:g}")),
        drawn(bars, named, plot, most),
        "" if works else nothing(plot, _told(works, named)),
    )
    return chart(named, "database", _HEIGHT, _told(works, named), *inside)


def _told(works: Sequence[Work], frame: Frame) -> str:
    if not works:
        return frame.words.empty_working.format(**frame.span())
    total, most = sum(each.seconds for each in works), max(each.seconds for each in works)
    return frame.words.working.format(**frame.span(), total=f"{total:.3g}", most=f"{most:.3g}")
