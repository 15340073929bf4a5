"""Long lists on the page: the part that is shown, and the address of the part behind it."""

from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.http.problems import bad_parameter
from consistency.errors import BadRequest
from consistency.settings import Settings

#: How many rows a page has.
ROWS = 50


class ListQuery(BaseModel):
    """What is common to all lists; a field of a form that was left empty asks for nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str = Field(default="", max_length=64)
    cursor: str = Field(default="", max_length=1000)


def older(request: Request, cursor: str | None) -> str | None:
    """The address of the same list behind the place of the cursor; None at its end."""
    if not cursor:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def known_rule(settings: Settings, given: str) -> str | None:
    """The rule that a list is narrowed to, None for all; a Problem for one that there is not."""
    try:
        settings.rule_by_id(given or None)
    except BadRequest as error:
        raise bad_parameter("rule", str(error).partition(": ")[2]) from None
    return given or None
