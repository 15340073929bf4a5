"""What the endpoints of one subject have in common with those of others."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from consistency.events import json_bytes
from consistency.mapping import RULE_ID

RuleName = Annotated[str, StringConstraints(pattern=RULE_ID)]
#: As people write them: 4h, 2026-09-16T08:00, now-24h.
TimeText = Annotated[str, StringConstraints(max_length=64)]

Answers = dict[int | str, dict[str, Any]]
_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)


class Nothing(BaseModel):
    """A query or body without any field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Plain values as an answer; quicker for large ones than to have them looked through first."""
    return Response(json_bytes(content), status, headers=dict(headers or {}), media_type="application/json")


def is_id(text: str) -> bool:
    """Whether it can be the id of a run; what cannot is asked of no database."""
    return _ID.fullmatch(text) is not None


def also(status: int, what: str, *kinds: str) -> Answers:
    """For the description: the answer of that status, with its media types (JSON unless said)."""
    return {status: {"description": what, "content": {kind: {} for kind in kinds or ("application/json",)}}}
