"""An answer as text and back, to be kept on an item so that the provider need not be asked again."""

import json
from datetime import timedelta

from compensation.provider import Answer, Kind, Output


def text_of(answer: Answer) -> str:
    """Compact JSON in ASCII; what is empty is left out."""
    said = {"kind": answer.kind.value, "code": answer.code, "detail": answer.detail, "source": answer.source}
    kept: dict[str, object] = {name: value for name, value in said.items() if value}
    if answer.outputs:
        kept["outputs"] = [{"key": output.key, "fields": dict(output.fields)} for output in answer.outputs]
    if answer.expired:
        kept["expired"] = list(answer.expired)
    if answer.retry_after is not None:
        kept["retry_after"] = answer.retry_after.total_seconds()
    return json.dumps(kept, separators=(",", ":"))


def answer_of(text: str) -> Answer:
    """The answer that `text_of` made the text of; ValueError if it is none."""
    try:
        kept = json.loads(text)
        wait = kept.get("retry_after")
        return Answer(
            kind=Kind(kept["kind"]),
            outputs=tuple(Output(each["key"], each["fields"]) for each in kept.get("outputs", ())),
            code=kept.get("code", ""),
            detail=kept.get("detail", ""),
            source=kept.get("source", ""),
            expired=tuple(kept.get("expired", ())),
            retry_after=None if wait is None else timedelta(seconds=wait),
        )
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("this is no stored answer") from error
