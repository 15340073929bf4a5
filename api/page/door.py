"""Who is let in, and the choices of language and appearance, which the browser keeps."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.callers import is_open
from api.page.forms import PlainForm
from api.page.leading import own_path, see_other
from api.page.rendering import show
from api.page.visitors import (
    CHOICE_SECONDS,
    IN_SECONDS,
    LANGUAGE,
    THEME,
    THEMES,
    TOKEN,
    AtTheDoor,
    caller_with,
    keep,
)
from api.page.wording import NAMES
from api.services import UsesServices

router = APIRouter(include_in_schema=False)


class DoorQuery(BaseModel):
    """Where somebody wanted to go."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    following: str = Field(default="/", alias="next", max_length=2000)


@router.get("/login")
async def door(
    request: Request, visitor: AtTheDoor, services: UsesServices, query: Annotated[DoorQuery, Query()]
) -> Response:
    """Asks for a token."""
    if is_open(services.settings):
        return see_other("/")
    return show(request, visitor, "login.html", following=own_path(query.following), is_wrong=False)


@router.post("/login")
async def let_in(request: Request, visitor: AtTheDoor, services: UsesServices, form: PlainForm) -> Response:
    """Lets in who has a token that is good: the browser keeps it for half a day, where no script can read it."""
    settings, token = services.settings, form.text("token")
    if is_open(settings):
        return see_other("/")
    if caller_with(settings, token) is None:
        return show(request, visitor, "login.html", 401, following=form.following("/"), is_wrong=True)
    response = see_other(form.following("/"))
    keep(request, response, TOKEN, token, IN_SECONDS)
    return response


@router.post("/logout")
async def leave(form: PlainForm) -> Response:
    """The browser forgets the token."""
    del form
    response = see_other("/login")
    response.delete_cookie(TOKEN, path="/", httponly=True, samesite="lax")
    return response


@router.post("/preferences")
async def prefer(request: Request, form: PlainForm) -> Response:
    """The language or the appearance that was chosen."""
    response = see_other(form.following("/"))
    language, theme = form.text("language"), form.text("theme")
    if language in NAMES:
        keep(request, response, LANGUAGE, language, CHOICE_SECONDS)
    if theme in THEMES:
        keep(request, response, THEME, theme, CHOICE_SECONDS)
    return response
