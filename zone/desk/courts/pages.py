"""Who holds a court: where the page of courts says "Taken", the desk goes on to here."""

import uuid
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, Window, helsinki_date, parse_instant
from zone.desk.courts.queries import HeldCourt, held_court
from zone.desk.live_doors.pages import board_now, board_page
from zone.desk.live_doors.queries import Board
from zone.web.auth import may
from zone.web.looks import note_looks

pages: Final = Blueprint("desk_courts_pages", __name__, template_folder="templates")

MOST_MINUTES: Final = 1440


@pages.get("/desk/courts/<uuid:space>")
@may(Permission.DESK_USE)
def show_holders(space: uuid.UUID) -> str:
    """Who holds a court from `?start=` on for `?minutes=`."""
    window = _window()
    with reading() as session:
        held = held_court(session, space, window, utc_now())
    # By the reservation: at another time, and after somebody else has booked, it is another look.
    note_looks("court.view", "session", ((one.class_session, one.person) for one in held.holders))
    return render_page(board_now(), held)


def render_page(board: Board, held: HeldCourt) -> str:
    """Show who holds a court."""
    day = helsinki_date(held.starts_at)
    back = "/courts?" + urlencode({"day": day, "campus": held.court.campus})
    return board_page(
        "desk/courts/holders.html", board, None, panel_first=True, held=held, back=back
    )


def _window() -> Window:
    try:
        start: datetime = parse_instant(request.args.get("start", ""))
    except ValueError:
        raise DomainError(NOT_FOUND) from None
    minutes = request.args.get("minutes", 0, type=int)
    if start.tzinfo is None or not EARLIEST < start < LATEST or not 0 < minutes <= MOST_MINUTES:
        raise DomainError(NOT_FOUND)
    return start, start + timedelta(minutes=minutes)
