"""The pages of a moved session in each of their states, with invented data."""

import uuid
from typing import Any, Final

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.bookings.errors import CANCEL_AFTER_START
from zone.booking.moves.pages import give_up_page, move_page
from zone.booking.moves.queries import MovedBooking
from zone.booking.timetable.states import MINE, TODAY, invented_class
from zone.core.errors import DomainError
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

_ALONG: Final = {
    "outcome": "along",
    "starts_at": "2026-12-01T13:30:00+00:00",
    "new_starts_at": "2026-12-01T14:15:00+00:00",
    "booked": 14,
    "waiting": 3,
    "until": None,
    "entered": 0,
    "ends_draw": False,
}


def _person(name: str, place: str, becomes: str, *reasons: str) -> dict[str, Any]:
    return {
        "id": str(uuid.UUID(int=len(name))),
        "name": name,
        "place": place,
        "becomes": becomes,
        "reasons": reasons,
    }


_NAMED: Final = _ALONG | {
    "people": [
        *(_person(name, "booked", "along") for name in ("Aino Virtanen", "Eero Laine")),
        _person("Helmi Niemi", "booked", "along", "overlapping_booking"),
        _person("Otso Mäki", "booked", "ends", "no_right"),
        _person("Lumi Heino", "waiting", "waits"),
    ]
}
_MANY: Final = _ALONG | {
    "people": [_person(f"Osallistuja {number}", "booked", "along") for number in range(14)]
}
_NAMELESS: Final = _ALONG | {"people": [_person("", "booked", "along") for _ in range(14)]}
_FAR: Final = _ALONG | {
    "outcome": "first_right",
    "new_starts_at": "2026-12-03T16:00:00+00:00",
    "until": "2026-12-03T12:20:00+00:00",
}
_BEFORE_DRAW: Final = _FAR | {"booked": 0, "waiting": 0, "entered": 12, "ends_draw": True}


def _move(**form: Any) -> str:
    view = invented_class(7, TODAY, 15, queue_length=3)
    values = {
        "day": TODAY.isoformat(),
        "starts_at": "16:15",
        "minutes": 55,
        "space": "1",
        "version": 1,
    }
    return move_page(view, [("1", "Metropolia Myyrmäki, Sali 2")], FormState(values, **form))


def _place(booking: str, refusal: DomainError | None = None, **of_class: Any) -> str:
    of_class = (MINE if booking == "booked" else {}) | of_class
    moved = MovedBooking(uuid.UUID(int=98), booking, invented_class(7, TODAY, 15, **of_class))
    return give_up_page(moved, ended=refusal is not None, refusal=refusal)


STATES: Final = (
    State("move-session", "form", _move),
    State("move-session", "along", lambda: _move(preview=_ALONG)),
    State("move-session", "people", lambda: _move(preview=_NAMED)),
    State("move-session", "many-people", lambda: _move(preview=_MANY)),
    State("move-session", "people-without-names", lambda: _move(preview=_NAMELESS)),
    State("move-session", "far", lambda: _move(preview=_FAR)),
    State("move-session", "before-its-draw", lambda: _move(preview=_BEFORE_DRAW)),
    State("move-session", "taken", lambda: _move(messages=(SPACE_TAKEN.text(language()),))),
    State("moved-place", "open", lambda: _place("booked")),
    State("moved-place", "given-up", lambda: _place("cancelled")),
    State("moved-place", "cancelled", lambda: _place("cancelled", state="cancelled")),
    State("moved-place", "begun", lambda: _place("booked", DomainError(CANCEL_AFTER_START))),
)
