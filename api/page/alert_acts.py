"""What people do about alerts on the page: take one on, end it, silence it, end a silence."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api.ledger import Ledger, UsesLedger
from api.orders.alerts import Stretch, end_alert, silence, take_on, unsilence
from api.page.alerts import alert_named
from api.page.forms import Form, OperatorForm
from api.page.notes import back, failed
from api.services import UsesServices
from consistency.errors import ReconcileryError

Act = Callable[[Connection, datetime], object]

router = APIRouter(include_in_schema=False)


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(
    request: Request, services: UsesServices, ledger: UsesLedger, form: OperatorForm, alert_id: str
) -> Response:
    """Take it on for a time (ack_for unless said): it is not told again meanwhile."""

    def act(connection: Connection, now: datetime) -> object:
        known, stretch = alert_named(connection, alert_id).id, Stretch(length=form.text("for"))
        return take_on(connection, services.settings, known, form.name, now, stretch=stretch, note=form.text("note"))

    return _done(request, ledger, form, f"/alerts/{alert_id}", act, "note_taken_on")


@router.post("/alerts/{alert_id}/resolve")
def resolve(
    request: Request, services: UsesServices, ledger: UsesLedger, form: OperatorForm, alert_id: str
) -> Response:
    """Say that it is over."""

    def act(connection: Connection, now: datetime) -> object:
        known = alert_named(connection, alert_id).id
        return end_alert(connection, services.settings, known, form.name, now, note=form.text("note"))

    return _done(request, ledger, form, f"/alerts/{alert_id}", act, "note_resolved")


@router.post("/alerts/{alert_id}/silence")
def silence_one(
    request: Request, services: UsesServices, ledger: UsesLedger, form: OperatorForm, alert_id: str
) -> Response:
    """Tell nobody of it for a time."""

    def act(connection: Connection, now: datetime) -> object:
        matchers = {"alert": alert_named(connection, alert_id).id}
        stretch = Stretch(length=form.text("for"))
        return silence(connection, services.settings, matchers, form.name, form.text("reason"), now, stretch=stretch)

    return _done(request, ledger, form, f"/alerts/{alert_id}", act, "note_silenced")


@router.post("/silences/{silence_id}/end")
def end_silence(
    request: Request, services: UsesServices, ledger: UsesLedger, form: OperatorForm, silence_id: str
) -> Response:
    """End a silence before its time."""

    def act(connection: Connection, now: datetime) -> object:
        return unsilence(connection, services.settings, silence_id, form.name, now)

    return _done(request, ledger, form, "/alerts", act, "note_unsilenced")


def _done(request: Request, ledger: Ledger, form: Form, page: str, act: Act, key: str) -> Response:
    following = form.following(page)
    try:
        with ledger.writing() as (connection, now):
            act(connection, now)
    except ReconcileryError as error:
        return failed(request, following, error)
    return back(request, following, key)
