"""How RunningHub says things: the same truth about a task in each of its protocols, as bodies of JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

PATHS = {
    "/task/openapi/outputs": "outputs",
    "/task/openapi/status": "status",
    "/task/openapi/getWebhookDetail": "webhook",
    "/openapi/v2/query": "query",
    "/uc/openapi/accountStatus": "account",
}
_FAILED = {
    "current_outputs": "{}",
    "exception_type": "TypeError",
    "node_name": "SONIC_PreData",
    "current_inputs": "{}",
    "traceback": "[...]",
    "node_id": "276",
    "exception_message": "expected a tensor",
}
_FIRST: dict[str, dict[str, Any]] = {
    "no_output": {"code": 0, "msg": "success", "data": []},
    "starting": {"code": 0, "msg": "", "data": None},
    "running": {"code": 804, "msg": "APIKEY_TASK_IS_RUNNING", "data": {"netWssUrl": "wss://example.invalid/ws"}},
    "queued": {"code": 813, "msg": "APIKEY_TASK_IS_QUEUED", "data": None},
    "failed": {"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR", "data": {"failedReason": _FAILED}},
    "cancelled": {"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR", "data": None},
    "gone": {"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None},
    "bad_id": {"code": 301, "msg": "PARAMS_INVALID", "data": None},
    "wrong_key": {"code": 802, "msg": "APIKEY_UNAUTHORIZED", "data": None},
}
_STATUS = {
    "no_output": "SUCCESS",
    "starting": "CREATE",
    "running": "RUNNING",
    "queued": "QUEUED",
    "failed": "FAILED",
    "cancelled": "CANCEL",
}
_ERROR = {"gone": ("1004", "task not found"), "bad_id": ("1007", "bad parameter"), "wrong_key": ("806", "bad key")}
TRUTHS = frozenset({"success", "no_record", *_FIRST})


def said(at: str, truth: str, task: str, base: str, nodes: Sequence[str]) -> dict[str, Any]:
    """The body in which the question `at` tells the truth about the task."""
    if at == "query":
        return _second(truth, task, base, nodes)
    if at == "webhook":
        return _record(truth, task, base, nodes)
    if at == "status":
        return {"code": 0, "msg": "", "data": "SUCCESS" if truth == "success" else _STATUS.get(truth, "FAILED")}
    if truth in {"success", "no_record"}:
        return {"code": 0, "msg": "success", "data": _files(task, base, nodes)}
    return _FIRST[truth]


def account() -> dict[str, Any]:
    """What an account that can be used is told."""
    data = {"remainCoins": "1234", "currentTaskCounts": "0", "remainMoney": None, "currency": None, "apiType": "NORMAL"}
    return {"code": 0, "msg": "success", "data": data}


def wrong_key(at: str) -> dict[str, Any]:
    """What each question says to a key that the site does not know."""
    return _second("wrong_key", "", "", ()) if at == "query" else _FIRST["wrong_key"]


def _files(task: str, base: str, nodes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "fileUrl": f"{base}/files/{task}/{number}.png",
            "fileType": "png",
            "taskCostTime": "83",
            "nodeId": node,
            "thirdPartyConsumeMoney": None,
            "consumeMoney": None,
            "consumeCoins": "17",
        }
        for number, node in enumerate(nodes)
    ]


def _second(truth: str, task: str, base: str, nodes: Sequence[str]) -> dict[str, Any]:
    code, message = _ERROR.get(truth, ("", ""))
    files = _files(task, base, nodes) if truth in {"success", "no_record"} else []
    return {
        "taskId": task,
        "status": "SUCCESS" if files else _STATUS.get(truth, ""),
        "errorCode": code,
        "errorMessage": message,
        "failedReason": _FAILED if truth == "failed" else {},
        "usage": {
            "consumeMoney": None,
            "consumeCoins": "17",
            "taskCostTime": "83",
            "thirdPartyConsumeMoney": None,
        },
        "results": [
            {"url": file["fileUrl"], "nodeId": file["nodeId"], "outputType": "png", "text": None} for file in files
        ],
        "clientId": "",
        "promptTips": "",
    }


def _record(truth: str, task: str, base: str, nodes: Sequence[str]) -> dict[str, Any]:
    if truth == "no_record":
        return {"code": 0, "msg": "success", "data": None}
    if truth == "wrong_key":
        return _FIRST["wrong_key"]
    event: Mapping[str, Any] = said("outputs", truth, task, base, nodes)
    if truth == "success":
        # The webhook's numbers are numbers where the other answers have text.
        event = {**event, "data": [{**each, "taskCostTime": 83, "consumeCoins": 17} for each in event["data"]]}
    record = {
        "id": "1",
        "userApiKey": "not-told",
        "taskId": task,
        "webhookUrl": "http://example.invalid/hook",
        "eventData": json.dumps(event),
        "callbackStatus": "FAILED",
        "callbackResponse": "",
        "retryCount": 3,
        "createTime": "2026-01-01 00:00:00",
        "updateTime": "2026-01-01 00:03:00",
    }
    return {"code": 0, "msg": "success", "data": record}
