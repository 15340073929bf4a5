"""What RunningHub's answers mean, by code and by message. Pure: from a parsed body to an Answer.

The first protocol answers {"code", "msg", "data"}, the second {"status", "errorCode", "errorMessage", "results", …};
both say most things with HTTP 200.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compensation.details import detail_text
from compensation.provider import Answer, Kind, Scalar
from compensation.providers.output_fields import keyed, scalars
from consistency.one_line import one_line

_CODES = {
    Kind.LATER: ("804", "813"),
    Kind.UPSTREAM_FAILED: ("805",),
    Kind.GONE: ("423", "807", "1004"),
    Kind.STOP_RUN: ("412", "416", "801", "802", "806", "811", "812", "1002", "1014"),
    Kind.LIMITED: ("1003",),
    Kind.TRANSIENT: ("415", "421", "500", "1000", "1005", "1010", "1011", "1012"),
    Kind.BAD_ITEM: ("301", "1007"),
}
KIND_OF_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}

#: The names that stand in messages, also under a code that says nothing (0, 1) or that is new.
CODE_OF_NAME = {
    "PARAMS_INVALID": "301",
    "TOKEN_INVALID": "412",
    "TASK_INSTANCE_MAXED": "415",
    "TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET": "416",
    "TASK_QUEUE_MAXED": "421",
    "TASK_NOT_FOUNED": "423",
    "TASK_NOT_FOUND": "423",
    "UNKNOWN_ERROR": "500",
    "APIKEY_UNSUPPORTED_FREE_USER": "801",
    "APIKEY_UNAUTHORIZED": "802",
    "APIKEY_TASK_IS_RUNNING": "804",
    "APIKEY_TASK_STATUS_ERROR": "805",
    "APIKEY_USER_NOT_FOUND": "806",
    "APIKEY_TASK_NOT_FOUND": "807",
    "CORPAPIKEY_INVALID": "811",
    "CORPAPIKEY_INSUFFICIENT_FUNDS": "812",
    "APIKEY_TASK_IS_QUEUED": "813",
    "任务正在运行中": "804",
}
KIND_OF_STATUS = {
    "CREATE": Kind.LATER,
    "QUEUED": Kind.LATER,
    "RUNNING": Kind.LATER,
    "FAILED": Kind.UPSTREAM_FAILED,
    "CANCEL": Kind.UPSTREAM_FAILED,
    "CANCELLED": Kind.UPSTREAM_FAILED,
}
#: How our codes begin for answers that say nothing to us; another source may.
UNKNOWN = "unknown"
UNREADABLE = f"{UNKNOWN} form"
_LATER_PERHAPS = (Kind.LIMITED, Kind.TRANSIENT)
_NAME = re.compile(r"[A-Z]+(?:_[A-Z]+)+|任务正在运行中")
#: Their types differ from answer to answer, so they are kept as the first protocol writes them: as text.
_AS_TEXT = ("nodeId", "taskCostTime", "consumeCoins", "consumeMoney", "thirdPartyConsumeMoney")
_RENAMED = {"url": "fileUrl", "outputType": "fileType"}


def of_first(body: Mapping[str, Any]) -> Answer:
    """What a body of the first protocol means for the task; of its codes 0 and 1 the message decides."""
    code, message, data = _code(body.get("code")), str(body.get("msg") or ""), body.get("data")
    kind = _kind(code, message)
    if code == "0" and isinstance(data, list):
        return _listed(data, "0")
    if code == "0" and data is None:
        return Answer(kind or Kind.LATER, code=code, detail=one_line(message or detail_text("not_ended")))
    if code == "0" and kind is None:
        return Answer(Kind.TRANSIENT, code=UNREADABLE, detail=detail_text("no_outputs_list"))
    judged = _judged(kind, code, message)
    failure = _failure(data) if kind is Kind.UPSTREAM_FAILED else ""
    return replace(judged, detail=failure) if failure else judged


def of_second(body: Mapping[str, Any]) -> Answer:
    """What a body of the second protocol means for the task."""
    status = str(body.get("status") or "").strip().upper()
    code, message = _code(body.get("errorCode")), str(body.get("errorMessage") or "")
    if status == "SUCCESS":
        return _of_results(body)
    if status in KIND_OF_STATUS:
        detail = _failure(body) or message or status
        return Answer(KIND_OF_STATUS[status], code=one_line(code or status, 64), detail=one_line(detail))
    if not code and "code" in body:
        return of_first(body)
    return _judged(_kind(code, message), code or status, message)


def of_account(body: Mapping[str, Any]) -> Answer:
    """FOUND if the account can be used; the detail says what is left on it."""
    code, message, data = _code(body.get("code")), str(body.get("msg") or ""), body.get("data")
    if code == "0" and isinstance(data, Mapping):
        known = {"coins left": data.get("remainCoins"), "tasks under way": data.get("currentTaskCounts")}
        told = ", ".join(f"{value} {name}" for name, value in known.items() if value is not None)
        return Answer(Kind.FOUND, code="0", detail=one_line(told))
    return _judged(_kind(code, message), code, message)


def of_webhook(body: Mapping[str, Any]) -> Answer:
    """What the task's webhook was told when the task ended; an unknown answer if there is no record of one."""
    data = body.get("data")
    record = data if isinstance(data, Mapping) else body
    try:
        event = json.loads(str(record.get("eventData") or ""))
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, Mapping) and "code" in event:
        return of_first(event)
    code, message = _code(body.get("code")), str(body.get("msg") or "")
    if _kind(code, message) in _LATER_PERHAPS:
        return _judged(_kind(code, message), code, message)
    return Answer(Kind.TRANSIENT, code=f"{UNKNOWN} record", detail=detail_text("no_record"))


def _kind(code: str, message: str) -> Kind | None:
    if code in KIND_OF_CODE:
        return KIND_OF_CODE[code]
    named = [CODE_OF_NAME[name] for name in _NAME.findall(message) if name in CODE_OF_NAME]
    return KIND_OF_CODE[named[0]] if named else None


def _code(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _judged(kind: Kind | None, code: str, message: str) -> Answer:
    known = code if kind else f"{UNKNOWN} {code}".strip()
    said = message or (detail_text("code_alone", code=code) if code else detail_text("no_code"))
    return Answer(kind or Kind.TRANSIENT, code=one_line(known, 64), detail=one_line(said))


def _of_results(body: Mapping[str, Any]) -> Answer:
    results = body.get("results")
    usage = body.get("usage")
    if not results:
        return Answer(Kind.NO_OUTPUT, code="SUCCESS", detail=detail_text("no_output"))
    if not isinstance(results, list):
        return Answer(Kind.TRANSIENT, code=UNREADABLE, detail=detail_text("no_results_list"))
    shared = usage if isinstance(usage, Mapping) else {}
    return _listed([{**shared, **each} if isinstance(each, Mapping) else each for each in results], "SUCCESS")


def _listed(elements: list[Any], code: str) -> Answer:
    if not all(isinstance(element, Mapping) for element in elements):
        return Answer(Kind.TRANSIENT, code=UNREADABLE, detail=detail_text("mixed_outputs"))
    try:
        outputs = keyed(_normal(element) for element in elements)
    except ValueError as error:
        return Answer(Kind.TRANSIENT, code=UNREADABLE, detail=str(error))
    # Counted before, left out only now, so that the others keep their keys.
    full = tuple(output for output in outputs if output.fields.get("fileUrl") or output.fields.get("text"))
    if not full:
        return Answer(Kind.NO_OUTPUT, code=code, detail=detail_text("no_output"))
    return Answer(Kind.FOUND, full, code=code)


def _normal(element: Mapping[str, Any]) -> dict[str, Scalar]:
    # A field called "key" is none of RunningHub's, and must not take the place of node and ordinal.
    fields = {_RENAMED.get(name, name): value for name, value in scalars(element).items() if name != "key"}
    numbers = {name: str(fields[name]) for name in _AS_TEXT if fields.get(name) is not None}
    return fields | numbers


def _failure(data: Any) -> str:
    reason = data.get("failedReason") if isinstance(data, Mapping) else None
    if not isinstance(reason, Mapping):
        return one_line(reason) if isinstance(reason, str) else ""
    parts = [reason.get(name) for name in ("node_name", "exception_type", "exception_message")]
    return one_line(": ".join(str(part) for part in parts if part))
