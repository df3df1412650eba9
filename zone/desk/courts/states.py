"""The states of the page of who holds a court, with invented people."""

import uuid
from datetime import datetime, time, timedelta
from typing import Final

from zone.booking.reservations.states import invented_court
from zone.core.clock import utc_now
from zone.core.time import from_helsinki, helsinki_date
from zone.desk.courts.pages import render_page
from zone.desk.courts.queries import CourtHolder, HeldCourt
from zone.desk.live_doors.queries import Board
from zone.web.states import State

_ID: Final = uuid.UUID(int=7)
_CLASS: Final = {"fi": "Sulkapallon alkeet", "sv": "Badminton för nya", "en": "Badminton basics"}


def _holder(start: datetime, hour: int, name: str = "", companions: int = 0) -> CourtHolder:
    starts_at = start + timedelta(hours=hour)
    return CourtHolder(
        starts_at,
        starts_at + timedelta(hours=1),
        _ID,
        None if name else _CLASS,
        not name,
        _ID if name else None,
        name,
        companions,
    )


def _held(*, free: bool = False) -> str:
    start = from_helsinki(helsinki_date(utc_now()) + timedelta(days=1), time(16))
    holders = [
        _holder(start, 0, "Milo Olematon", companions=1),
        _holder(start, 1, "Aino Keksitty"),
        _holder(start, 2),
    ]
    end = start + timedelta(hours=3)
    held = HeldCourt(invented_court(1), start, end, [] if free else holders)
    return render_page(Board(utc_now(), [], [], 41, []), held)


STATES: Final = (
    State("desk-courts", "held", _held),
    State("desk-courts", "free-meanwhile", lambda: _held(free=True)),
)
