"""The one form in which a folder or a web address tells the outputs of a task.

It is a list of outputs, or an object that also says how the task stands:

    {"status": "done", "outputs": [{"key": "a", "fileUrl": "https://…", "fileType": "png"}]}

`status` is done, running or failed, and `detail` may say why. Fields of an output hold text, numbers, true, false or
null; others are left out. `key` tells an output apart within its task; without it the key is `nodeId#ordinal`, `#0` and
`#1` where there is no `nodeId`.
"""

from collections.abc import Mapping
from typing import Any

from compensation.details import detail_text
from compensation.provider import Answer, Kind
from compensation.providers.output_fields import keyed, scalars
from consistency.one_line import one_line

_DONE = ("done", "")
_STATUS = {"running": Kind.LATER, "failed": Kind.UPSTREAM_FAILED}
_FORM = "unknown form"


def of_body(body: Any) -> Answer:
    """What a body in the form above means; another form is TRANSIENT, as it may be a page that stands in for it."""
    body = {"outputs": body} if isinstance(body, list) else body
    if not isinstance(body, Mapping):
        return Answer(Kind.TRANSIENT, code=_FORM, detail=detail_text("no_form"))
    status = str(body.get("status") or "").strip().lower()
    if status in _STATUS:
        detail = one_line(body.get("detail") or detail_text("stands", status=status))
        return Answer(_STATUS[status], code=status, detail=detail)
    if status not in _DONE:
        return Answer(Kind.TRANSIENT, code=one_line(f"unknown {status}", 64), detail=detail_text("unknown_status"))
    return _of_outputs(body)


def _of_outputs(body: Mapping[str, Any]) -> Answer:
    listed = body.get("outputs", None if "status" not in body else [])
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        return Answer(Kind.TRANSIENT, code=_FORM, detail=detail_text("no_objects"))
    try:
        outputs = keyed(scalars(each) for each in listed)
    except ValueError as error:
        return Answer(Kind.TRANSIENT, code=_FORM, detail=str(error))
    if not outputs:
        return Answer(Kind.NO_OUTPUT, code="done", detail=detail_text("no_output"))
    return Answer(Kind.FOUND, outputs, code="done")
