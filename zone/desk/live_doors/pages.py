"""The desk's first page: search, live doors, and opening a door once.

A small script only keeps the live doors fresh; without it the page reloads itself.
"""

import uuid
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.door_commands.service import open_once
from zone.access.doors.queries import doors_to_choose
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.desk.live_doors import queries, service
from zone.desk.live_doors.schemas import OpenDoorFormSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.forms import read_form, wrong_fields
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("desk_live_doors_pages", __name__, template_folder="templates")


@pages.get("/desk")
@may(Permission.DESK_USE)
def show_desk() -> str:
    """The search, the live doors, and opening a door once."""
    return _desk()


@pages.get("/desk/live")
@may(Permission.DESK_USE)
def show_live() -> str:
    """The part of the desk that changes by itself, for the script that keeps it fresh."""
    with reading() as session:
        return render_template(
            "desk/live_doors/live.html", live=queries.live(session, language(), utc_now())
        )


def _desk(refusal: DomainError | None = None) -> str:
    with reading() as session:
        live = queries.live(session, language(), utc_now())
        doors = doors_to_choose(session)
    return render_template(
        "desk/live_doors/desk.html",
        live=live,
        doors=doors,
        words="",
        refusal=refusal_messages(refusal),
        wrong=wrong_fields(refusal),
        done=request.args.get("done"),
        deed="open" if refusal else None,
        key=new_secret(),
    )


@pages.post("/desk/open")
@may(Permission.DESK_USE)
def open_door() -> Response:
    """Open a door once, with a reason that stays on record; a second tap of the same form opens it no second time."""
    try:
        given = read_form(OpenDoorFormSchema())
        idempotency_key.submit_once(given, lambda session: _open(session, given))
    except DomainError as refusal:
        return make_response(_desk(refusal), refusal.status)
    return redirect("/desk?done=opened", 303)


def _open(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    order = open_once(
        session, given["door"], actor=current_actor(), reason=given["reason"], now=utc_now()
    )
    return {"order": str(order.id)}


@pages.post("/desk/denials/<uuid:entry>")
@may(Permission.DESK_USE)
def handle(entry: uuid.UUID) -> Response:
    """Say that a refusal was dealt with."""
    with writing() as session:
        service.handle(session, entry, actor_id=current_actor().id, now=utc_now())
    return redirect("/desk", 303)
