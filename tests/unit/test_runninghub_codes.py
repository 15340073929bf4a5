import json
from typing import Any

import pytest

from compensation.provider import Answer, Kind
from compensation.providers.runninghub import most_telling
from compensation.providers.runninghub_codes import KIND_OF_CODE, of_account, of_first, of_second, of_webhook

FILE = {"fileUrl": "https://files.example/a.png", "fileType": "png", "taskCostTime": "83", "nodeId": "12"}


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"code": 0, "msg": "success", "data": [FILE]}, Kind.FOUND, "0"),
        ({"code": "0", "msg": "", "data": [FILE]}, Kind.FOUND, "0"),  # a code as text
        ({"code": 0, "msg": "success", "data": []}, Kind.NO_OUTPUT, "0"),
        ({"code": 0, "msg": "", "data": None}, Kind.LATER, "0"),  # it has only just begun
        ({"code": 0, "msg": "任务正在运行中", "data": None}, Kind.LATER, "0"),
        ({"code": 0, "msg": "APIKEY_TASK_NOT_FOUND", "data": None}, Kind.GONE, "0"),  # the message knows better
        ({"code": 1, "msg": "APIKEY_TASK_IS_RUNNING", "data": None}, Kind.LATER, "1"),
        ({"code": 1, "msg": "error: TASK_NOT_FOUNED", "data": None}, Kind.GONE, "1"),
        ({"code": 804, "msg": "APIKEY_TASK_IS_RUNNING", "data": {"netWssUrl": "wss://x"}}, Kind.LATER, "804"),
        ({"code": 804, "msg": "", "data": None}, Kind.LATER, "804"),
        ({"code": 813, "msg": "APIKEY_TASK_IS_QUEUED", "data": None}, Kind.LATER, "813"),
        ({"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR", "data": None}, Kind.UPSTREAM_FAILED, "805"),
        ({"code": 423, "msg": "TASK_NOT_FOUNED", "data": None}, Kind.GONE, "423"),
        ({"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None}, Kind.GONE, "807"),
        ({"code": 1004, "msg": "不存在或已过期", "data": None}, Kind.GONE, "1004"),
        ({"code": 412, "msg": "TOKEN_INVALID"}, Kind.STOP_RUN, "412"),
        ({"code": 416, "msg": "TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET"}, Kind.STOP_RUN, "416"),
        ({"code": 801, "msg": "APIKEY_UNSUPPORTED_FREE_USER"}, Kind.STOP_RUN, "801"),
        ({"code": 802, "msg": "APIKEY_UNAUTHORIZED"}, Kind.STOP_RUN, "802"),
        ({"code": 806, "msg": "APIKEY_USER_NOT_FOUND"}, Kind.STOP_RUN, "806"),
        ({"code": 811, "msg": "CORPAPIKEY_INVALID"}, Kind.STOP_RUN, "811"),
        ({"code": 812, "msg": "CORPAPIKEY_INSUFFICIENT_FUNDS"}, Kind.STOP_RUN, "812"),
        ({"code": 1002, "msg": ""}, Kind.STOP_RUN, "1002"),
        ({"code": 1014, "msg": ""}, Kind.STOP_RUN, "1014"),
        ({"code": 1003, "msg": "rate limit"}, Kind.LIMITED, "1003"),
        ({"code": 415, "msg": "TASK_INSTANCE_MAXED"}, Kind.TRANSIENT, "415"),
        ({"code": 421, "msg": "TASK_QUEUE_MAXED"}, Kind.TRANSIENT, "421"),
        ({"code": 500, "msg": "UNKNOWN_ERROR"}, Kind.TRANSIENT, "500"),
        ({"code": 1000}, Kind.TRANSIENT, "1000"),
        ({"code": 1005}, Kind.TRANSIENT, "1005"),
        ({"code": 1010}, Kind.TRANSIENT, "1010"),
        ({"code": 1011}, Kind.TRANSIENT, "1011"),
        ({"code": 1012}, Kind.TRANSIENT, "1012"),
        ({"code": 301, "msg": "PARAMS_INVALID"}, Kind.BAD_ITEM, "301"),
        ({"code": 1007}, Kind.BAD_ITEM, "1007"),
        # A code that we do not know is shown.
        ({"code": 999, "msg": "new"}, Kind.TRANSIENT, "unknown 999"),
        ({"code": 1, "msg": "something"}, Kind.TRANSIENT, "unknown 1"),
        ({"code": -1.0, "msg": ""}, Kind.TRANSIENT, "unknown -1"),
        ({"code": True}, Kind.TRANSIENT, "unknown True"),
        ({"msg": "no code"}, Kind.TRANSIENT, "unknown"),
        ({}, Kind.TRANSIENT, "unknown"),
        # Forms that no answer should have.
        ({"code": 0, "data": {"fileUrl": "x"}}, Kind.TRANSIENT, "unknown form"),
        ({"code": 0, "data": ["x"]}, Kind.TRANSIENT, "unknown form"),
        ({"code": 0, "data": "SUCCESS"}, Kind.TRANSIENT, "unknown form"),
        # An output without a file and without text is none.
        ({"code": 0, "data": [{"fileUrl": None, "nodeId": "1"}]}, Kind.NO_OUTPUT, "0"),
    ],
)
def test_an_answer_of_the_first_protocol(body: dict[str, Any], kind: Kind, code: str) -> None:
    answer = of_first(body)
    assert (answer.kind, answer.code) == (kind, code)


@pytest.mark.parametrize("code", sorted(KIND_OF_CODE))
def test_a_code_means_the_same_in_both_protocols_and_has_a_detail(code: str) -> None:
    first, second = of_first({"code": int(code)}), of_second({"status": "", "errorCode": code})
    assert first.kind is second.kind is KIND_OF_CODE[code]
    assert first.detail
    assert second.detail


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"status": "SUCCESS", "results": [{"url": "https://x/a", "nodeId": "2"}]}, Kind.FOUND, "SUCCESS"),
        ({"status": "SUCCESS", "results": [{"url": "", "nodeId": "2", "text": "a poem"}]}, Kind.FOUND, "SUCCESS"),
        ({"status": "SUCCESS", "results": []}, Kind.NO_OUTPUT, "SUCCESS"),
        ({"status": "SUCCESS", "results": None}, Kind.NO_OUTPUT, "SUCCESS"),
        ({"status": "SUCCESS", "results": {"a": 1}}, Kind.TRANSIENT, "unknown form"),
        ({"status": "SUCCESS", "results": [7]}, Kind.TRANSIENT, "unknown form"),
        ({"status": "CREATE"}, Kind.LATER, "CREATE"),
        ({"status": "QUEUED", "errorCode": ""}, Kind.LATER, "QUEUED"),
        ({"status": "running"}, Kind.LATER, "RUNNING"),
        # Why the task failed is told with a code; the code is no trouble of ours.
        ({"status": "FAILED", "errorCode": "1011", "errorMessage": "busy"}, Kind.UPSTREAM_FAILED, "1011"),
        ({"status": "FAILED"}, Kind.UPSTREAM_FAILED, "FAILED"),
        ({"status": "CANCEL"}, Kind.UPSTREAM_FAILED, "CANCEL"),
        # A bad key comes with HTTP 200.
        ({"status": "", "errorCode": "806", "errorMessage": "bad key"}, Kind.STOP_RUN, "806"),
        ({"status": None, "errorCode": 1003}, Kind.LIMITED, "1003"),
        ({"status": "", "errorCode": "1004"}, Kind.GONE, "1004"),
        ({"status": "", "errorCode": "", "errorMessage": "TASK_NOT_FOUND"}, Kind.GONE, ""),
        ({"code": 807, "msg": "APIKEY_TASK_NOT_FOUND"}, Kind.GONE, "807"),  # it answered as the first one does
        ({"status": "PAUSED"}, Kind.TRANSIENT, "unknown PAUSED"),
        ({"status": "", "errorCode": "77"}, Kind.TRANSIENT, "unknown 77"),
        ({}, Kind.TRANSIENT, "unknown"),
    ],
)
def test_an_answer_of_the_second_protocol(body: dict[str, Any], kind: Kind, code: str) -> None:
    answer = of_second(body)
    assert (answer.kind, answer.code) == (kind, code)


def test_outputs_are_the_same_whoever_tells_of_them() -> None:
    link, more = "https://x/a.png", "https://x/b.png"
    first = of_first(
        {
            "code": 0,
            "data": [
                {"fileUrl": link, "fileType": "png", "nodeId": "9", "taskCostTime": "83", "consumeCoins": "17"},
                {"fileUrl": more, "fileType": "png", "nodeId": "9", "taskCostTime": "83", "consumeCoins": "17"},
            ],
        }
    )
    second = of_second(
        {
            "status": "SUCCESS",
            "usage": {"taskCostTime": "83", "consumeCoins": "17"},
            "results": [
                {"url": link, "nodeId": 9, "outputType": "png"},
                {"url": more, "nodeId": 9, "outputType": "png"},
            ],
        }
    )
    file = {"fileType": "png", "nodeId": "9", "taskCostTime": 83, "consumeCoins": 17}
    event = {"code": 0, "data": [{"fileUrl": link, **file}, {"fileUrl": more, **file}]}
    webhook = of_webhook({"code": 0, "data": {"eventData": json.dumps(event)}})
    assert first.outputs == second.outputs == webhook.outputs
    assert [output.key for output in first.outputs] == ["9#0", "9#1"]
    assert first.outputs[0].fields == {
        "fileUrl": link,
        "fileType": "png",
        "nodeId": "9",
        "taskCostTime": "83",
        "consumeCoins": "17",
    }


def test_an_output_without_a_file_takes_no_key_from_the_others() -> None:
    empty, full = {"fileUrl": "", "nodeId": "9"}, {"fileUrl": "https://x", "nodeId": "9", "key": "odd", "more": {}}
    (output,) = of_first({"code": 0, "data": [empty, full]}).outputs
    assert output.key == "9#1"
    assert output.fields == {"fileUrl": "https://x", "nodeId": "9"}


def test_why_a_task_failed_is_told_in_one_line() -> None:
    reason = {"node_name": "Sampler", "exception_type": "OSError", "exception_message": "out of\nmemory\x1b[31m"}
    detail = "Sampler: OSError: out of memory?[31m"
    assert of_first({"code": 805, "data": {"failedReason": reason}}).detail == detail
    assert of_second({"status": "FAILED", "failedReason": reason}).detail == detail
    assert of_first({"code": 805, "msg": "x", "data": {"failedReason": "no luck"}}).detail == "no luck"


def test_a_message_is_shown_on_one_line_and_not_at_any_length() -> None:
    answer = of_first({"code": "9" * 500, "msg": "a\n" * 5000})
    assert len(answer.code) <= 64
    assert len(answer.detail) <= 300
    assert "\n" not in answer.detail


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"code": 0, "data": {"eventData": json.dumps({"code": 0, "data": [FILE]})}}, Kind.FOUND, "0"),
        ({"eventData": json.dumps({"code": 0, "data": [FILE]})}, Kind.FOUND, "0"),  # without an envelope
        ({"code": 0, "data": {"eventData": json.dumps({"code": 805})}}, Kind.UPSTREAM_FAILED, "805"),
        ({"code": 0, "data": {"eventData": '{"code": 0, "da'}}, Kind.TRANSIENT, "unknown record"),
        ({"code": 0, "data": {"eventData": None}}, Kind.TRANSIENT, "unknown record"),
        ({"code": 0, "data": {"eventData": "[" * 100_000}}, Kind.TRANSIENT, "unknown record"),
        ({"code": 0, "data": None}, Kind.TRANSIENT, "unknown record"),
        ({"code": 807, "data": None}, Kind.TRANSIENT, "unknown record"),  # there is no webhook, whatever the task is
        ({"code": 1003, "data": None}, Kind.LIMITED, "1003"),
        ({"code": 1000, "data": None}, Kind.TRANSIENT, "1000"),
    ],
)
def test_what_a_webhook_was_told(body: dict[str, Any], kind: Kind, code: str) -> None:
    answer = of_webhook(body)
    assert (answer.kind, answer.code) == (kind, code)


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        (
            {"code": 0, "data": {"remainCoins": "12", "currentTaskCounts": 0}},
            Kind.FOUND,
            "12 coins left, 0 tasks under way",
        ),
        ({"code": 0, "data": {}}, Kind.FOUND, ""),
        ({"code": 802, "msg": "APIKEY_UNAUTHORIZED"}, Kind.STOP_RUN, "APIKEY_UNAUTHORIZED"),
        ({"code": 0, "data": None}, Kind.TRANSIENT, "code 0"),
    ],
)
def test_whether_an_account_can_be_used(body: dict[str, Any], kind: Kind, detail: str) -> None:
    answer = of_account(body)
    assert (answer.kind, answer.detail) == (kind, detail)


_GONE = Answer(Kind.GONE, code="807")
_NONE = Answer(Kind.NO_OUTPUT, code="0")
_ILL = Answer(Kind.TRANSIENT, code="HTTP 502")
_MISSING = Answer(Kind.TRANSIENT, code="HTTP 404")
_UNKNOWN = Answer(Kind.TRANSIENT, code="unknown record")
_STOP = Answer(Kind.STOP_RUN, code="806")


@pytest.mark.parametrize(
    ("heard", "best"),
    [
        ([_GONE, _GONE, _UNKNOWN], _GONE),
        ([_GONE, _NONE, _UNKNOWN], _NONE),  # somebody still knows the task
        ([_GONE, _STOP, _UNKNOWN], _GONE),  # the first source took the key
        ([_MISSING, _STOP], _STOP),
        ([_MISSING, _GONE, _UNKNOWN], _GONE),
        ([_MISSING, _MISSING, _UNKNOWN], _MISSING),
        ([_GONE, _ILL], _ILL),  # the outputs may be there when it is well again
        ([_NONE, Answer(Kind.UPSTREAM_FAILED)], Answer(Kind.UPSTREAM_FAILED)),
        ([_GONE, Answer(Kind.LATER)], Answer(Kind.LATER)),
        ([_GONE, _GONE, Answer(Kind.LIMITED)], Answer(Kind.LIMITED)),
        ([_GONE, Answer(Kind.FOUND)], Answer(Kind.FOUND)),
    ],
)
def test_of_several_sources_the_most_telling_one_counts(heard: list[Answer], best: Answer) -> None:
    assert most_telling(heard) == best
