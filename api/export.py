"""A fresh list of all missing tasks, written while it is read; however long it is, only a page is in memory."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from api.orders.rules import one_rule
from api.views.missing_tasks import csv_lines, json_pieces, record_of
from consistency.database import database_now, transaction
from consistency.dates import window_of
from consistency.missing import Question, missing_tasks
from consistency.model import utc_text
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from consistency.source import source_of

_LENGTH = timedelta(hours=24)
_TOGETHER = 500


def export_of(
    settings: Settings, start_date: str | None, end_date: str | None, rule: str | None, *, as_csv: bool
) -> Iterator[str]:
    """The list in pieces; what is wrong with the request, or with the database, is told before the first of them.

    It has connections of its own, because a page may take as long as any statement may (statement_timeout).
    """
    mapping, resources = one_rule(settings, rule), open_resources(settings)
    try:
        bound = resources.rule(mapping.id)
        with transaction(resources.reader) as connection:
            now = database_now(connection)
        names = ("start_date", "end_date")
        window = window_of(start_date, end_date, ZoneInfo(settings.timezone), now, _LENGTH, names)
    except BaseException:
        resources.dispose()
        raise
    return _pieces(resources, Question(bound, window, now, mapping.segments), as_csv=as_csv)


def _pieces(resources: Resources, question: Question, *, as_csv: bool) -> Iterator[str]:
    try:
        tasks = missing_tasks(source_of(resources), question)
        records = (record_of(task, question.as_of) for task in tasks)
        if as_csv:
            yield from _joined(csv_lines(records, question.columns))
        else:
            yield from _joined(json_pieces(_head(question), records))
    finally:
        resources.dispose()


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    """The first one at once, so that the answer begins; then many together."""
    following = iter(pieces)
    yield next(following)
    while together := "".join(islice(following, _TOGETHER)):
        yield together


def _head(question: Question) -> dict[str, object]:
    as_of: datetime = question.as_of
    return {
        "schema_version": 1,
        "rule": question.rule.id,
        "window": question.window.as_dict(),
        "as_of": utc_text(as_of),
    }
