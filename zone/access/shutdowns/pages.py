"""The page by which the desk shuts doors to everybody, and lifts that again. Plain forms."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.doors.queries import DoorChoice, doors_to_choose
from zone.access.shutdowns import queries, service
from zone.access.shutdowns.queries import ShutdownView
from zone.access.shutdowns.rules import EVERY
from zone.access.shutdowns.schemas import ShutForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("access_shutdowns_pages", __name__, template_folder="templates")


@pages.get("/desk/doors")
@may(Permission.DOORS_SHUT)
def show() -> str:
    """Show what is shut, and the two forms by which doors are shut."""
    return _page(FormState())


@pages.post("/desk/doors/lockdown")
@may(Permission.DOORS_SHUT)
@shows_again
def lock_down() -> Response:
    """Shut the doors of a campus, or all, because of a danger."""
    return _shut("lockdown")


@pages.post("/desk/doors/block")
@may(Permission.DOORS_SHUT)
@shows_again
def block() -> Response:
    """Take doors out of use."""
    return _shut("blocked")


@pages.post("/desk/doors/<uuid:shutdown_id>/lift")
@may(Permission.DOORS_SHUT)
def lift(shutdown_id: uuid.UUID) -> Response:
    """End a shutdown."""
    with writing() as session:
        service.lift(session, shutdown_id, actor=current_actor(), now=utc_now())
    return redirect(url_for("access_shutdowns_pages.show", done="lifted"), 303)


def _shut(kind: str) -> Response:
    def work(session: Session, data: Data) -> Data:
        place, actor = service.place_named(session, data["place"]), current_actor()
        service.shut(session, place, kind, reason=data["reason"], actor=actor, now=utc_now())
        return {}

    return forms.handle(
        ShutForm(),
        work,
        page=partial(_page, kind=kind),
        then=lambda _result: url_for("access_shutdowns_pages.show", done="shut"),
    )


def _page(state: FormState, kind: str | None = None) -> str:
    with reading() as session:
        shutdowns = queries.open_shutdowns(session)
        doors = doors_to_choose(session)
        with_doors = {door.campus for door in doors}
        choices = [(one.code, one.name) for one in campuses(session) if one.name in with_doors]
    return render_page(shutdowns, choices, doors, state, kind, one_time.done())


def render_page(
    shutdowns: Sequence[ShutdownView],
    campus_names: Sequence[tuple[str, str]],
    doors: Sequence[DoorChoice],
    state: FormState,
    kind: str | None = None,
    done: str | None = None,
) -> str:
    """Return the page; `kind` is that of the form that was refused."""
    said: dict[str, Any] = {
        "shut": _("Shut. Connected doors follow within a second or two."),
        "lifted": _("Lifted. Connected doors follow within a second or two."),
    }
    return render_template(
        "access/shutdowns/shutdowns.html",
        shutdowns=shutdowns,
        campuses=campus_names,
        doors=doors,
        every=EVERY,
        form=state,
        asked=kind,
        refusals=state.sentences({"reason": _("Say why, in at most 500 characters.")}),
        done=said.get(done or ""),
        nav="desk",
    )
