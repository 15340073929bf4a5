"""What is said of a repair, in Chinese: the product's own sentences by their codes, all others as they are."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from typing import Any
from zoneinfo import ZoneInfo

import pytest

import compensation
from api.page.repair_words import remark_words
from api.page.wording import Words
from compensation.batches.judging import reason_to_pause
from compensation.provider import Kind
from compensation.states import ItemState
from consistency.ledger.repair_events import RepairEvent
from consistency.remarks import Remark, remarks_object
from notifiers.messages.chinese_remarks import CHINESE_REMARKS, chinese_remark
from notifiers.messages.wording import Wording
from notifiers.repair_notices import notice_of
from notifiers.repairs import RepairEnd
from tests.factories.codes import codes_given
from tests.factories.messages import AT, a_message

PAGE = Words("zh", ZoneInfo("UTC"))


def paused() -> tuple[str, dict[str, Any]]:
    """Why a repair has paused itself, and the payload of that event."""
    reason = reason_to_pause({ItemState.QUARANTINED: 5, ItemState.DONE: 15}, [], 20)
    assert reason is not None
    return reason.text, {"reason": reason.text, **remarks_object([reason])}


def test_every_code_that_is_given_has_words() -> None:
    assert codes_given([compensation], {"Remark": 1}) == CHINESE_REMARKS.keys()


def test_a_repair_says_in_chinese_why_it_has_paused() -> None:
    text, payload = paused()
    say = remark_words([Remark(text)], [{"payload": {}}, {"payload": payload}], PAGE)
    assert say(text) == "20 个任务中有 5 个未能修复"
    assert remark_words([], [{"payload": payload}], Words("en", ZoneInfo("UTC")))(text) == text


def test_a_message_says_it_as_well() -> None:
    event = RepairEvent(7, "run-1", 3, "paused", "worker", paused()[1], AT, None)
    notice = notice_of(RepairEnd(event, "task-outputs", None), "studio")
    assert notice is not None
    message = a_message(notice, service="studio")
    assert "原因：20 个任务中有 5 个未能修复" in Wording("zh", ZoneInfo("UTC")).text(message, 5000)
    assert "Why: 5 of 20 tasks could not be repaired" in Wording("en", ZoneInfo("UTC")).text(message, 5000)


def test_what_the_provider_has_said_stands_as_it_is() -> None:
    say = remark_words([Remark("412: TOKEN_INVALID")], [{"payload": {"reason": "412: TOKEN_INVALID"}}], PAGE)
    assert say("412: TOKEN_INVALID") == "412: TOKEN_INVALID"


def test_every_answer_of_a_provider_has_a_word() -> None:
    remark = Remark("answers", "answers", {"tasks": 10, "kinds": {str(kind): 1 for kind in Kind}})
    said = chinese_remark("answers", remarks_object([remark])["remarks"])
    assert said.startswith("提供方对最先 10 个任务的答复：1 个有输出，1 个")


@pytest.mark.parametrize(
    "remarks",
    [
        None,
        "x",
        [1, None, {}],
        [{"text": "as it is"}],
        [{"text": "as it is", "code": "of_tomorrow", "values": {}}],
        [{"text": "as it is", "code": "many_failed", "values": {}}],
        [{"text": "as it is", "code": ["many_failed"], "values": {"failed": 1}}],
        [{"text": "as it is", "code": "answers", "values": {"tasks": 1, "kinds": 7}}],
        [{"text": "something else", "code": "paused_by", "values": {"by": "ann"}}],
    ],
)
def test_what_cannot_be_said_anew_stands_as_it_was_written(remarks: Any) -> None:
    assert chinese_remark("as it is", remarks) == "as it is"
