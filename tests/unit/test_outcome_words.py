"""What became of a task of a repair, in the reader's language; words of a provider and a database stay as they are."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from string import Formatter
from zoneinfo import ZoneInfo

import pytest

import compensation
import consistency
from api.page.phrases.chinese_outcomes import CHINESE_CODES, CHINESE_DETAILS
from api.page.repair_words import outcome_words
from api.page.wording import Words
from compensation.batches.outcomes import MOST_ATTEMPTS, Outcome, ended
from compensation.details import DETAILS, detail_text
from compensation.provider import Answer, Kind
from compensation.providers.json_body import of_body
from compensation.providers.runninghub_codes import of_first, of_second
from tests.factories.codes import codes_given

CHINESE, ENGLISH = (Words(language, ZoneInfo("UTC")) for language in ("zh", "en"))
#: What the values of each sentence look like, by their names.
VALUES = {
    "count": "3",
    "state": "'FAILED'",
    "error": "KeyError: 'x'",
    "keys": "9#0, 9#1 and 2 more",
    "host": "api.example:8443",
    "place": "b.example",
    "setting": "the setting provider",
    "http": "HTTP 502",
    "why": "Permission denied",
    "status": "running",
    "size": "8",
    "most": "191",
    "key": "'a'",
    "code": "1200",
}


def said(answer: Answer, attempts: int = 0) -> tuple[str | None, str]:
    """Code and detail of a task that ended with this answer, after so many others."""
    outcome = ended(answer, attempts)
    assert isinstance(outcome, Outcome)
    return outcome.code, outcome.detail


SAID: list[tuple[tuple[str | None, str], str]] = [
    (("precondition", detail_text("changed")), "计划之后任务有变化"),
    (("present", detail_text("outputs_there", count=3)), "已有 3 个输出"),
    (("not_successful", detail_text("in_state", state="'FAILED'")), "任务的状态为 'FAILED'"),
    (("refused", "UNIQUE constraint failed: x"), "被拒绝：UNIQUE constraint failed: x"),
    (("unfit", "column size: 'big' is no INTEGER"), "值与列不符：column size: 'big' is no INTEGER"),
    (("timeout", "hub gave no whole answer within 30s"), "未在时限内答复：hub gave no whole answer within 30s"),
    (said(of_second({"status": "SUCCESS", "results": []})), "任务已结束，没有输出"),
    (said(of_body({"status": "failed"})), "任务状态为 failed"),
    (said(of_body({"status": "failed", "detail": "out of memory"})), "out of memory"),
    (said(of_first({"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR"})), "APIKEY_TASK_STATUS_ERROR"),
    (said(of_first({"code": 0}), MOST_ATTEMPTS - 1), "任务尚未结束（已询问 5 次）"),
    (said(of_first({"code": 421, "msg": "TASK_QUEUE_MAXED"}), MOST_ATTEMPTS - 1), "TASK_QUEUE_MAXED（已询问 5 次）"),
    (said(Answer(Kind.TRANSIENT, code="database", detail="down"), 4), "数据库无法使用或太慢：down（已询问 5 次）"),
    ((None, "{as} it was"), "{as} it was"),
    (("1010", "Our server answered with HTTP 502 today"), "Our server answered with HTTP 502 today"),
    (("written", ""), ""),
]


@pytest.mark.parametrize(("outcome", "words"), SAID)
def test_what_became_of_a_task_is_said_in_the_readers_language(outcome: tuple[str | None, str], words: str) -> None:
    item = {"code": outcome[0], "detail": outcome[1] or None}
    assert outcome_words(item, CHINESE) == words
    assert outcome_words(item, ENGLISH) == outcome[1]


@pytest.mark.parametrize("name", sorted(DETAILS.names))
def test_every_sentence_is_known_again_and_has_words(name: str) -> None:
    needed = {blank for _, blank, _, _ in Formatter().parse(CHINESE_DETAILS[name]) if blank}
    text = detail_text(name, **VALUES)
    assert DETAILS.read(text) == (name, {blank: VALUES[blank] for blank in needed})
    assert outcome_words({"code": None, "detail": text}, CHINESE) == CHINESE_DETAILS[name].format_map(VALUES)


def test_nothing_is_said_of_a_task_that_has_no_words() -> None:
    assert codes_given([compensation], {"detail_text": 0, "_skip": 0}) == DETAILS.names == CHINESE_DETAILS.keys()
    own = codes_given([compensation, consistency], {"settle": 3, "defer": 3, "NoReply": 0})
    assert own == CHINESE_CODES.keys()
