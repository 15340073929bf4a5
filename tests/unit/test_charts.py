"""Charts: well-formed, escaped, complete in words, and true to their values."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from xml.etree.ElementTree import Element, fromstring
from zoneinfo import ZoneInfo

import pytest

from api.charts.completion import Rate, completion_line, floor_of, runs_of
from api.charts.database_time import Work, database_bars
from api.charts.frame import Frame
from api.charts.heartbeat import Beat, heartbeat_strip
from api.charts.lateness import Delays, lateness_bars
from api.charts.marks import Mark, MarkKind
from api.charts.style import chart_style
from api.charts.svg import Svg
from api.charts.volume import Volume, volume_bars
from api.charts.words import words_of
from consistency.model import Health, Window

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = "</title><script>alert(1)</script>\u202e\x07"
SVG = "{http://www.w3.org/2000/svg}"
EMPTY: list[Callable[[Frame], Svg]] = [
    partial(heartbeat_strip, []),
    partial(completion_line, []),
    partial(volume_bars, []),
    partial(lateness_bars, []),
    partial(database_bars, []),
]


def frame(hours: float = 24, *, language: str = "en", title: str = "A chart") -> Frame:
    return Frame(title, Window(BEGIN, BEGIN + hours * HOUR), ZoneInfo("Asia/Shanghai"), words_of(language))


def read(svg: Svg) -> Element:
    return fromstring(svg)


def classed(root: Element, name: str, kind: str) -> list[Element]:
    return [each for each in root.iter(SVG + name) if kind in each.get("class", "").split()]


def described(root: Element) -> str:
    return root.findtext(SVG + "desc") or ""


def rates(*values: float | None) -> list[Rate]:
    return [Rate(BEGIN + place * HOUR, value) for place, value in enumerate(values)]


@pytest.mark.parametrize("draw", EMPTY)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("hours", [0, 0.1, 1, 24, 336, 9000])
def test_without_values_a_chart_says_so(draw: Callable[[Frame], Svg], language: str, hours: float) -> None:
    root = read(draw(frame(hours, language=language)))
    assert classed(root, "text", "nothing")[0].text == described(root) != ""


def test_a_chart_names_itself_for_readers() -> None:
    root = read(completion_line(rates(0.97, 0.91), frame(title="Rate")))
    assert root.get("role") == "img"
    named = {each.get("id"): each.text for each in root}
    assert named[root.get("aria-labelledby")] == "Rate"
    assert "lowest 91.0 % at 2026-09-16 09:00, last 91.0 %" in (named[root.get("aria-describedby")] or "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_user_wrote_becomes_markup(language: str) -> None:
    hostile = frame(language=language, title=HOSTILE)
    beats = [Beat(BEGIN, BEGIN + HOUR, Health.HEALTHY, HOSTILE, '"><script>')]
    marks = [Mark(BEGIN + HOUR, MarkKind.REPAIR, HOSTILE)]
    for svg in (heartbeat_strip(beats, hostile), completion_line(rates(0.5), hostile, marks=marks)):
        assert not list(read(svg).iter(SVG + "script"))
        assert "<script" not in svg
        assert not {"\u202e", "\x07"} & set(svg)


def test_no_chart_holds_style_script_or_address() -> None:
    strip = heartbeat_strip([Beat(BEGIN, BEGIN + HOUR, Health.DEGRADED, "91.8 %", "/runs/1")], frame())
    svg = strip + completion_line(rates(0.9, 0.8), frame(), now=rates(0.99, 0.99))
    assert " style=" not in svg
    assert "url(" not in svg + chart_style()
    assert "@import" not in chart_style()
    assert {part.split('"')[0] for part in svg.split("http")[1:]} == {"://www.w3.org/2000/svg"}


def test_each_beat_has_its_health_its_height_and_its_words() -> None:
    healths = [*Health, None]
    beats = [Beat(BEGIN + n * HOUR, BEGIN + (n + 1) * HOUR, health, "n=7") for n, health in enumerate(healths)]
    root = read(heartbeat_strip(beats, frame(len(healths))))
    bars = classed(root, "rect", "beat")
    assert [bar.get("class") for bar in bars] == [f"beat {health or 'none'}" for health in healths]
    assert len({bar.get("height") for bar in bars}) == len(healths)
    assert bars[1].findtext(SVG + "title") == "2026-09-16 09:00 to 10:00 · degraded · n=7"
    assert "healthy 1, degraded 1, unhealthy 1, unknown 1, no check ran 1" in described(root)


def test_bars_with_links_are_a_group_and_no_stops_of_the_tab_key() -> None:
    root = read(heartbeat_strip([Beat(BEGIN, BEGIN + HOUR, None, "", "/runs/1")], frame()))
    (link,) = root.iter(SVG + "a")
    assert (root.get("role"), link.get("href"), link.get("tabindex")) == ("group", "/runs/1", "-1")


def test_the_line_breaks_where_nobody_measured() -> None:
    root = read(completion_line(rates(1, 0.98, None, 0.97, 0.96, None, 0.95), frame()))
    (line,) = classed(root, "path", "seen")
    assert (line.get("d") or "").count("M") == 2
    assert len(classed(root, "circle", "seen")) == 1
    assert [len(run) for run in runs_of(rates(None, 1, None, None, 1, 1))] == [1, 2]


@pytest.mark.parametrize(
    ("lowest", "floor"), [(0.96, 0.75), (0.75, 0.75), (0.74, 0.7), (0.49, 0.45), (0.04, 0), (0, 0)]
)
def test_the_scale_begins_below_the_lowest_rate(lowest: float, floor: float) -> None:
    assert floor_of(rates(1, lowest, None)) == floor


@pytest.mark.parametrize(
    ("rate", "words"), [(1, "100 %"), (0.99999, "99.9 %"), (0.9499, "94.9 %"), (0.95, "95.0 %"), (0, "0.0 %")]
)
def test_rounding_never_lifts_a_rate_over_a_bound(rate: float, words: str) -> None:
    assert f"last {words}." in described(read(completion_line(rates(rate), frame())))


def test_what_happened_is_marked_in_order_and_outside_the_window_left_out() -> None:
    marks = [
        Mark(BEGIN + 23 * HOUR, MarkKind.ROLLBACK, "rolled back r-1"),
        Mark(BEGIN + 3 * HOUR, MarkKind.REPAIR, "repair r-1"),
        Mark(BEGIN - HOUR, MarkKind.ONSET, "before"),
    ]
    root = read(completion_line(rates(1, 1), frame(), marks=marks))
    lines = classed(root, "line", "mark")
    assert [line.get("class") for line in lines] == ["mark repair", "mark rollback"]
    assert [each.get("text-anchor") for each in classed(root, "text", "mark-text")] == ["start", "end"]
    assert "Marked: 2026-09-16 11:00 repair r-1; 2026-09-17 07:00 rolled back r-1." in described(root)


def test_marks_without_room_keep_their_line() -> None:
    marks = [Mark(BEGIN + timedelta(minutes=n), MarkKind.ACK, f"acknowledged by somebody {n}") for n in range(9)]
    root = read(completion_line(rates(1, 1), frame(), marks=marks))
    assert len(classed(root, "line", "mark")) == 9
    assert len(classed(root, "text", "mark-text")) == 4


def test_the_words_of_a_repair_come_before_those_of_alerts() -> None:
    alerts = [Mark(BEGIN + timedelta(minutes=n), MarkKind.ALERT, f"alert: medium, number {n}") for n in range(9)]
    marks = [*alerts, Mark(BEGIN + timedelta(minutes=9), MarkKind.REPAIR, "repair r-1")]
    labels = classed(read(completion_line(rates(1, 1), frame(), marks=marks)), "text", "mark-text")
    assert [labels[0].text, len(labels)] == ["repair r-1", 4]


def test_unusual_volumes_stand_out_before_what_is_usual() -> None:
    volumes = [
        Volume(BEGIN, BEGIN + HOUR, 100, 101.0, 4.0),
        Volume(BEGIN + HOUR, BEGIN + 2 * HOUR, 20, 101.0, 4.0, "low"),
        Volume(BEGIN + 2 * HOUR, BEGIN + 3 * HOUR, 7),
    ]
    root = read(volume_bars(volumes, frame()))
    assert [bar.get("class") for bar in root.iter(SVG + "rect")] == ["bar usual", "bar low", "bar usual"]
    assert root.find(f".//{SVG}rect/{SVG}title").text == "2026-09-16 08:00 to 09:00 · 100 tasks · usual: 89 to 113"  # type: ignore[union-attr]
    assert (classed(root, "path", "expected")[0].get("d") or "").count("M") == 2
    assert "127 tasks" in described(root)


def test_many_bars_are_one_stroke_a_kind() -> None:
    volumes = [
        Volume(BEGIN + n * HOUR, BEGIN + (n + 1) * HOUR, n, unusual="high" if n == 300 else "") for n in range(336)
    ]
    svg = volume_bars(volumes, frame(336))
    root = read(svg)
    strokes = {path.get("class"): (path.get("d") or "").count("M") for path in classed(root, "path", "bar")}
    assert strokes == {"bar high": 1, "bar usual": 335}
    assert len(svg) < 15_000


def test_late_ranges_have_their_own_colour_and_the_last_one_no_end() -> None:
    root = read(lateness_bars([Delays(0, 300, 1234), Delays(300, None, 5, is_late=True)], frame()))
    assert [bar.get("class") for bar in root.iter(SVG + "rect")] == ["bar usual", "bar late"]
    assert [each.text for each in classed(root, "text", "count")] == ["1.2k", "5"]
    assert described(root) == "1,239 first outputs; most of them took 0 s to 5 min."


def test_slow_statements_stand_out() -> None:
    root = read(
        database_bars(
            [Work(BEGIN, BEGIN + HOUR, 0.25), Work(BEGIN + HOUR, BEGIN + 2 * HOUR, 3.5, is_slow=True)], frame()
        )
    )
    assert [bar.get("class") for bar in root.iter(SVG + "rect")] == ["bar usual", "bar slow"]
    assert [each.text for each in classed(root, "text", "level")] == ["4 s"]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (1, ["08:00", "08:15", "08:30", "08:45", "09:00"]),
        (24, ["09:00", "12:00", "15:00", "18:00", "21:00", "09-17", "03:00", "06:00"]),
        (336, ["09-18", "09-20", "09-22", "09-24", "09-26", "09-28", "09-30"]),
    ],
)
def test_the_axis_names_round_moments_of_the_zone(hours: float, labels: list[str]) -> None:
    root = read(volume_bars([], frame(hours)))
    assert [each.text for each in classed(root, "text", "tick") if "level" not in each.get("class", "")] == labels


def test_days_of_23_hours_are_named_by_their_clocks() -> None:
    spring = Window(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    root = read(volume_bars([], Frame("Spring", spring, ZoneInfo("Europe/Berlin"))))
    labels = [each.text for each in classed(root, "text", "tick") if "level" not in each.get("class", "")]
    assert labels == ["03-29", "04:00", "07:00", "10:00", "13:00", "16:00", "19:00", "22:00", "03-30"]
