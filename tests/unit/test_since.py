"""Since when outputs have been missing, as the verdict of the page says it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.charts.svg import Svg
from api.page.pictures import Course
from api.page.since import since
from api.report.document import Figure
from consistency.model import utc_text
from notifiers.alerts.alert import Alert
from notifiers.alerts.changes import What
from tests.factories.observing import BEGIN, alert_after

MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return BEGIN + minutes * MINUTE


def course(fell: datetime | None) -> Course:
    figure = Figure(Svg(), "", "")
    return Course(figure, figure, figure, None, figure, "", (), utc_text(BEGIN), fell)


def alert(onset: datetime | None = None, until: datetime | None = None) -> Alert:
    told = {"at": utc_text(onset), "until": utc_text(until) if until else None} if onset else None
    return replace(alert_after("h"), details={"onset": told} if told else {})


@pytest.mark.parametrize(
    ("found", "fell", "minutes"),
    [
        (alert(), None, 0),  # nobody saw the rate fall: since the alert began
        (alert(), at(-60), -60),
        (alert(), at(-40), 0),  # in the same hour, within which the alert knows better
        (alert(onset=at(-90)), at(-40), -90),
        (alert(onset=at(20)), at(30), 0),
        (alert(onset=at(-900), until=at(-600)), None, 0),  # that fall was over
    ],
)
def test_it_counts_from_when_the_rate_fell_or_the_alert_began(
    found: Alert, fell: datetime | None, minutes: float
) -> None:
    assert since(found, {What.FIRED: BEGIN}, course(fell)) == at(minutes)
    assert since(found, {What.FIRED: BEGIN, What.RESOLVED: at(-2000)}, course(fell)) == at(minutes)


@pytest.mark.parametrize("fall", [-40, 0, 60])
def test_an_alert_that_has_reopened_counts_from_there(fall: float) -> None:
    changed: dict[str, Any] = {What.FIRED: BEGIN, What.RESOLVED: at(65), What.REOPENED: at(80)}
    back = replace(alert(onset=at(fall)), starts_at=at(80))
    assert since(back, changed, course(at(fall))) == at(80)
    later = replace(back, starts_at=at(140))
    assert since(later, changed, course(at(70))) == at(70)


def test_a_new_episode_does_not_count_from_a_fall_that_was_over_before_it() -> None:
    assert since(alert(), {What.FIRED: BEGIN, What.RESOLVED: at(-30), What.REOPENED: at(-90)}, course(at(-60))) == BEGIN


def test_without_an_alert_nothing_is_said() -> None:
    assert since(None, {}, course(BEGIN)) is None
    assert since(alert(), {}, None) == BEGIN
