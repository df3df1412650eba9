"""The first page of the desk: who needs help, what happens at the doors, and opening a door once.

A script keeps the left side fresh: it asks for it every two seconds, and gets an empty answer while
nothing has changed. Without the script the page loads itself again.
"""

import uuid
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.access.door_commands.service import open_once
from zone.access.doors.queries import doors_to_choose
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.desk.live_doors import queries, service
from zone.desk.live_doors.context import SHOWN_FOR
from zone.desk.live_doors.rules import LOOK
from zone.desk.live_doors.schemas import OpenDoorFormSchema, reason_words, remedy_words
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.looks import note_looks

pages: Final = Blueprint("desk_live_doors_pages", __name__, template_folder="templates")


@pages.get("/desk")
@may(Permission.DESK_USE)
def show_desk() -> str:
    """The people to help, and opening a door once. `?refusal=` chooses one of an unknown person."""
    return _desk_page(FormState())


@pages.get("/desk/live")
@may(Permission.DESK_USE)
def show_live() -> Response:
    """The left side alone, for the script that keeps it fresh; 304 while nothing has changed."""
    now, chosen = utc_now(), request.args.get("chosen", "")
    with reading() as session:
        version = f"{queries.board_version(session, now)}-{language()}"
        if request.if_none_match.contains_weak(version):
            response = Response(status=304)
            response.set_etag(version)
            return response
        board = queries.board(session, language(), now)
    response = make_response(board_page("desk/live_doors/live.html", _noted(board), chosen))
    response.set_etag(version)
    return response


@pages.post("/desk/open")
@may(Permission.DESK_USE)
@shows_again
def open_door() -> BaseResponse:
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
    done, board = one_time.done(), board_now()
    with reading() as session:
        doors = doors_to_choose(session)
    refusal = request.args.get("refusal", type=uuid.UUID)
    card = board.card_with(refusal) if refusal else None
    return board_page(
        "desk/live_doors/desk.html",
        board,
        card.key if card else None,
        card=card,
        say=queries.reason_text(card.last.reason, language()) if card else "",
        doors=doors,
        state=state,
        done=_done_sentences().get(done or ""),
        focus_search=not (state.messages or done or card),
    )


def _done_sentences() -> dict[str, str]:
    opened = _(
        "The door has been told to open. It opens within a second or two if its box is online."
    )
    return {"opened": opened, "handled": _("Handled.")}


def board_now() -> queries.Board:
    """Return the left side of the desk's page as it is now; whoever sees people is on record."""
    with reading() as session:
        return _noted(queries.board(session, language(), utc_now()))


def board_page(template: str, board: queries.Board, chosen: str | None, **values: Any) -> str:
    """Return a page of the desk, or its left side alone. `chosen` is the key of a card."""
    return render_template(
        template,
        board=board,
        chosen=chosen,
        reason_words=reason_words(),
        remedy_words=remedy_words(),
        **values,
    )


def _noted(board: queries.Board) -> queries.Board:
    """Return the board; whom it shows to whom is on record, once while a refusal is shown."""
    note_looks(LOOK, "entry", board.shown, period=SHOWN_FOR)
    return board


@pages.post("/desk/denials/<uuid:entry>")
@may(Permission.DESK_USE)
def handle(entry: uuid.UUID) -> BaseResponse:
    """Mark what one person tried in vain as dealt with, and go on to the next."""
    with writing() as session:
        service.handle_tries(session, current_actor(), entry, now=utc_now())
    cards = board_now().cards
    address = cards[0].address if cards else "/desk"
    return redirect(f"{address}{'&' if '?' in address else '?'}done=handled", 303)
