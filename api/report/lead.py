"""What a reader should know first: the verdict in one line, what it rests on, and what to type next."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from api.charts.scales import rate_words
from api.report.words.wording import Wording, points
from compensation.states import ItemState
from consistency.model import Health, parse_utc, utc_text
from consistency.rules import rate_text

Report = dict[str, Any]

#: What a column's value must have to be named: most of the missing tasks, and clearly more than its share.
_MOSTLY, _CLEARLY, _FEWEST = 0.5, 1.2, 5
_GRAVITY = [Health.HEALTHY, Health.UNKNOWN, Health.DEGRADED, Health.UNHEALTHY]
#: A tenth of a point a day.
_STEEP = 0.001


def headline(report: Report, wording: Wording) -> str:
    """`Degraded: 91.8 % of 378 successful tasks have their output`."""
    counts, health = report["counts"], wording.known("health", report["health"])
    if not counts["tasks"]:
        return wording.say("headline_nothing", health=health)
    rate = rate_text(counts["tasks_with_outputs"], counts["tasks"])
    return wording.counted("headline", counts["tasks"], health=health, rate=rate, tasks=counts["tasks"])


class Standing(NamedTuple):
    """How things stand at the end of a report."""

    health: Health
    headline: str
    lead: tuple[str, ...]


def standing(report: Report, wording: Wording) -> Standing:
    """What a check has found since the hours were counted comes first, where it is worse than they are."""
    health, counted, newest = Health(report["health"]), headline(report, wording), _newest(report)
    if newest is None or _GRAVITY.index(newest["health"]) <= _GRAVITY.index(health):
        return Standing(health, counted, lead(report, wording))
    known, newer = wording.known("health", newest["health"]), set(_newer(report, wording))
    before = wording.say("counted_before", until=wording.moment(report["counted"]["end"]), headline=counted)
    rest = (sentence for sentence in lead(report, wording) if sentence not in newer)
    now = wording.say("headline_now", health=known, **_found_by(newest, wording))
    return Standing(Health(newest["health"]), now, (before, *rest))


def lead(report: Report, wording: Wording) -> tuple[str, ...]:
    """Some sentences, the most important first."""
    return tuple(_sentences(report, wording))


def _sentences(report: Report, wording: Wording) -> Iterator[str]:
    counted = report["counted"]
    if report["counts"]["tasks"]:
        yield _missing(report, wording)
    yield from _newer(report, wording)
    if report["coverage"] < 1 and counted["hours"]:
        yield wording.say("partly", counted=counted["hours_with_data"], hours=counted["hours"])
    if others := report["measured"]["checks_with_another_rule"]:
        yield wording.counted("other_rule", others, count=others)
    if report["onset"]:
        yield _onset(report["onset"], wording)
    elif report["onset_seen"]:
        key = "onset_mended" if report["coverage"] >= 1 else "onset_seen"
        yield wording.say(key, **_fall(report["onset_seen"], wording))
    if restored := restored_by(report["repairs"] or ()):
        yield wording.counted("restored", restored, count=restored)
    hit = _hardest_hit(report)
    # What was broken down before a repair says nothing of what is missing now.
    if hit and hit["missing"] <= report["counts"]["missing"]:
        value = wording.say("none_value") if hit["value"] is None else hit["value"]
        yield wording.say("hit", **{**hit, "value": value})
    yield from _change(report, wording)
    still_open = sum(alert["resolved_at"] is None for alert in report["alerts"])
    if still_open:
        yield wording.counted("open_alerts", still_open, count=still_open)


def _missing(report: Report, wording: Wording) -> str:
    low, high = (rate_words(bound) for bound in report["confidence"])
    missing = report["counts"]["missing"]
    if not missing:
        return wording.say("none_missing", low=low, high=high)
    return wording.counted("missing_of", missing, missing=missing, low=low, high=high)


def _newer(report: Report, wording: Wording) -> Iterator[str]:
    last = _newest(report)
    if last and (last["missing"] > report["counts"]["missing"] or report["health"] == Health.HEALTHY):
        yield wording.say("newer", **_found_by(last, wording))


def _newest(report: Report) -> Report | None:
    """The newest hours are counted last, so what goes wrong now is first seen by a check."""
    counted_until = parse_utc(report["counted"]["end"])
    found = [each for each in report["latest"] if each["missing"] and parse_utc(each["as_of"]) > counted_until]
    return max(found, key=lambda each: parse_utc(each["as_of"]), default=None)


def _found_by(check: Report, wording: Wording) -> dict[str, Any]:
    shown = {"check": wording.say(f"check_{check['type']}"), "at": wording.moment(check["as_of"])}
    return {**shown, "missing": check["missing"], "tasks": check["tasks"]}


def _onset(onset: Report, wording: Wording) -> str:
    return wording.say("onset_over" if onset["until"] else "onset", **_fall(onset, wording))


def _fall(onset: Report, wording: Wording) -> dict[str, str]:
    rates = {"before": rate_words(onset["rate_before"]), "after": rate_words(onset["rate_after"])}
    return {**rates, "at": wording.moment(onset["at"]), "until": wording.moment(onset["until"])}


def restored_by(repairs: Iterable[Report]) -> int:
    """How many tasks have their output back by these repairs."""
    return sum(run["counts"].get(ItemState.DONE, 0) for run in repairs)


def _hardest_hit(report: Report) -> Report | None:
    """The value of a column that most of the missing tasks have, where it stands for fewer of all tasks."""
    found: Report | None = None
    for column, rows in (report["segments"] or {"columns": {}})["columns"].items():
        tasks, total = sum(row["tasks"] for row in rows), sum(row["missing"] for row in rows)
        for row in rows:
            telling = (
                row["missing"] >= _FEWEST
                and row["missing"] > _MOSTLY * total
                and row["missing"] * tasks > _CLEARLY * row["tasks"] * total
            )
            if telling and (found is None or row["missing"] > found["missing"]):
                found = {"column": column, "value": row["value"], "missing": row["missing"], "total": total}
    return found


def _change(report: Report, wording: Wording) -> Iterator[str]:
    change, slope = report["trend"]["change"], report["trend"]["slope"]
    if change["completion_rate"] is not None:
        meaning = wording.say("change_significant" if change["completion_rate_significant"] else "change_chance")
        yield wording.say("change", points=points(change["completion_rate"]), meaning=meaning)
    if slope and abs(slope["completion_rate_per_day"]) >= _STEEP:
        yield wording.say("slope", points=points(slope["completion_rate_per_day"]))


def commands(report: Report) -> tuple[str, ...]:
    """What to type next: how to see the missing tasks, or how to get them counted."""
    start, end = (utc_text(parse_utc(report["counted"][name])) for name in ("start", "end"))
    asked = f"--start-date {start} --end-date {end} --rule {report['rule']}"
    if report["coverage"] < 1:
        return (f"reconcilery check range {asked}",) if report["counted"]["hours"] else ()
    if not report["counts"]["missing"]:
        return ()
    listing = f"reconcilery missing {asked}"
    return (listing, f"reconcilery repair plan {asked}") if report["repairable"] else (listing,)
