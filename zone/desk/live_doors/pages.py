"""The first page of the desk: search, live doors, and opening a door once.

A small script keeps the live doors fresh; without it the page reloads itself.
"""

import uuid
from typing import Final

from flask import Blueprint, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.door_commands.service import open_once
from zone.access.doors.queries import doors_to_choose
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.desk.live_doors import queries, service
from zone.desk.live_doors.rules import LOOK
from zone.desk.live_doors.schemas import OpenDoorFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.looks import note_look

pages: Final = Blueprint("desk_live_doors_pages", __name__, template_folder="templates")


@pages.get("/desk")
@may(Permission.DESK_USE)
def show_desk() -> str:
    """The search, the live doors, and opening a door once."""
    return _desk_page(FormState())


@pages.get("/desk/live")
@may(Permission.DESK_USE)
def show_live() -> str:
    """The live doors alone, for the script that keeps them fresh."""
    with reading() as session:
        live = queries.live(session, language(), utc_now())
    return render_template("desk/live_doors/live.html", live=_noted(live))


@pages.post("/desk/open")
@may(Permission.DESK_USE)
@shows_again
def open_door() -> Response:
    """Open a door once, for a reason that stays in the audit."""
    return forms.handle(
        OpenDoorFormSchema(),
        _open_door,
        page=_desk_page,
        then=lambda _result: "/desk?done=opened",
    )


def _open_door(session: Session, data: forms.Data) -> forms.Data:
    command = open_once(
        session, data["door"], actor=current_actor(), reason=data["reason"], now=utc_now()
    )
    return {"order": str(command.id)}


def _desk_page(state: FormState) -> str:
    done = one_time.done()
    with reading() as session:
        live = queries.live(session, language(), utc_now())
        doors = doors_to_choose(session)
    return render_template(
        "desk/live_doors/desk.html",
        live=_noted(live),
        doors=doors,
        state=state,
        opened=done == "opened",
        focus_search=not state.messages and not done,
    )


def _noted(live: queries.LiveDoors) -> queries.LiveDoors:
    """Return the live doors; that somebody looks at them is on record where they name people."""
    if live.names_people:
        note_look(*LOOK)
    return live


@pages.post("/desk/denials/<uuid:entry>")
@may(Permission.DESK_USE)
def handle(entry: uuid.UUID) -> Response:
    """Mark a refusal as dealt with."""
    with writing() as session:
        service.handle_denial(session, current_actor(), entry, now=utc_now())
    return redirect("/desk", 303)
