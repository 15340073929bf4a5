"""Forms: taken only from a page of ours that this very browser was shown."""

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.http.problems import Problem
from api.page.leading import own_path
from api.page.visitors import AtTheDoor, Visit, Visitor

#: The field that proves where a form is from, and the one that says where to go on afterwards.
PROOF, NEXT = "form_token", "next"
MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and chosen; `name` is who has done so."""

    fields: dict[str, str]
    name: str = ""

    def text(self, field: str) -> str:
        """A field without the blanks around it; empty when it is not there."""
        return self.fields.get(field, "").strip()

    def optional(self, field: str) -> str | None:
        """The same, None when it is empty."""
        return self.text(field) or None

    def following(self, otherwise: str) -> str:
        """The page to go on with."""
        return own_path(self.fields.get(NEXT, ""), otherwise)


async def _fields(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise Problem(
            415,
            f"forms come as {MEDIA_TYPE}; programs use /api/monitoring, which /docs describes",
        )
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem(400, "the form could not be read") from None
    return dict(pairs)


def _proven(fields: dict[str, str], visitor: Visitor) -> Form:
    shown = fields.get(PROOF, "").encode("utf-8", "replace")
    if not hmac.compare_digest(shown, visitor.form_token.encode()):
        raise Problem(
            403,
            "this form is too old, or not from this page; go back, reload the page and send it again",
        )
    return Form(fields, visitor.caller.name if visitor.caller else "")


async def _at_the_door(request: Request, visitor: AtTheDoor) -> Form:
    return _proven(await _fields(request), visitor)


async def _of_operator(request: Request, visitor: Visit) -> Form:
    form = _proven(await _fields(request), visitor)
    if not visitor.may_operate:
        raise Problem(
            403,
            f"the token {form.name} may only read; this needs one with the scope operate",
        )
    return form


#: Of anybody, also who has not been let in.
PlainForm = Annotated[Form, Depends(_at_the_door)]
#: Of somebody who may change something.
OperatorForm = Annotated[Form, Depends(_of_operator)]
