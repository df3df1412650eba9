"""The page of one's pass: its days and history, and the forms that pause and resume it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flask import Blueprint, redirect, render_template
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.bookings.views import BookingView
from zone.booking.pauses import queries, service
from zone.booking.pauses.queries import PassPage
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.passes.queries import PassView, passes_of
from zone.passes.pauses.rules import PauseRequest
from zone.passes.pauses.schemas import PauseSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import end_what_rests_on
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("booking_pauses_pages", __name__, template_folder="templates")
LIVE_STATES: Final = ("valid", "paused", "not_yet")


@pages.get("/passes")
@may(Permission.OWN_ACCOUNT)
def list_passes() -> str:
    """Every pass of one's own, also those that have ended."""
    with reading() as session:
        return passes_page(passes_of(session, current_actor().id, utc_now()))


@pages.get("/passes/paused")
@may(Permission.OWN_ACCOUNT)
def show_paused() -> Response:
    """Lead to the pass that is paused; where none is, to all of them.

    The page of the code links here: it works without a network, and does not know the pass.
    """
    with reading() as session:
        held = passes_of(session, current_actor().id, utc_now())
    paused = next((one for one in held if one.state == "paused"), None)
    return redirect(f"/passes/{paused.id}" if paused else "/passes")


@pages.get("/passes/<uuid:pass_id>")
@may(Permission.OWN_ACCOUNT)
def show_pass(pass_id: uuid.UUID) -> str:
    """One's pass."""
    return _page(pass_id, FormState())


@pages.post("/passes/<uuid:pass_id>/pause")
@may(Permission.OWN_ACCOUNT)
@shows_again
def pause(pass_id: uuid.UUID) -> Response:
    """Pause one's pass, once for the form's key; bookings inside are shown first."""
    actor, now = current_actor(), utc_now()

    def work(session: Session, data: Data) -> Data:
        service.pause_own(session, actor.id, pass_id, PauseRequest(**data), now)
        return {"done": "paused"}

    def inside(session: Session, data: Data) -> list[BookingView] | None:
        days = data["first_day"], data["last_day"]
        return queries.bookings_inside(session, actor.id, pass_id, days, now) or None

    return forms.handle(
        PauseSchema(),
        work,
        page=lambda state: _page(pass_id, state),
        then=lambda result: _after(pass_id, result, now),
        ask=inside,
    )


@pages.post("/passes/<uuid:pass_id>/resume")
@may(Permission.OWN_ACCOUNT)
@shows_again
def resume(pass_id: uuid.UUID) -> Response:
    """Let one's pass go on, once for the form's key."""
    actor, now = current_actor(), utc_now()

    def work(session: Session, _data: Data) -> Data:
        service.resume_own(session, actor.id, pass_id, now)
        return {"done": "resumed"}

    return forms.handle(
        Schema(),
        work,
        page=lambda state: _page(pass_id, state),
        then=lambda result: _after(pass_id, result, now),
    )


def _after(pass_id: uuid.UUID, result: Data, now: datetime) -> str:
    """Return the address that follows; the transaction has ended."""
    end_what_rests_on([current_actor().id], now)
    return f"/passes/{pass_id}?done={result['done']}"


def _page(pass_id: uuid.UUID, state: FormState) -> str:
    with reading() as session:
        page = queries.pass_page(session, current_actor().id, pass_id, utc_now())
    done = {"paused": _("The pass is paused."), "resumed": _("The pass goes on.")}
    return show_page(page, state, done.get(one_time.done() or ""))


def passes_page(held: Sequence[PassView]) -> str:
    """Render the list of passes: those that can be used, and those that have ended."""
    live = [one for one in held if one.state in LIVE_STATES]
    return render_template(
        "booking/pauses/passes.html", live=live, ended=[one for one in held if one not in live]
    )


def show_page(page: PassPage, state: FormState, done: str | None = None) -> str:
    """Render the page; `state` is that of the form that was refused, or asks about bookings."""
    return render_template(
        "booking/pauses/pass.html",
        page=page,
        held=page.held,
        form=state,
        inside=state.preview or (),
        done=done,
    )
