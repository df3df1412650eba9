"""The states of My bookings, of an invented person on Tue 1 Dec 2026 at 14.20."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from zone.booking.attendance_marks.states import invented_mark
from zone.booking.bookings import pages
from zone.booking.bookings.views import BookingView, Marks, own_bookings
from zone.booking.cards.views import card_of
from zone.booking.lotteries.queries import OwnDraw
from zone.booking.sessions.errors import SESSION_ENDED
from zone.booking.sessions.views import SessionView
from zone.booking.timetable.states import (
    HOLDER,
    MINE,
    NOW,
    POLICIES,
    TODAY,
    WAITING,
    invented_class,
)
from zone.core.errors import DomainError
from zone.web.problems import refusal_messages
from zone.web.states import State

MAP: Final = "https://www.openstreetmap.org/"
COURT: Final = {"fi": "Sulkapallokenttä 3", "sv": "Badmintonbana 3", "en": "Badminton 3"}


def _booked(days: int, hour: int, state: str = "booked", **values: Any) -> BookingView:
    number = 1000 + days * 24 + hour
    view = invented_class(number, TODAY + timedelta(days=days), hour, **MINE)
    booking = BookingView(
        uuid.UUID(int=number), state, view, False, 0, view.cancel_until(POLICIES), map_url=MAP
    )
    return replace(booking, **values)


def _court(days: int) -> BookingView:
    one = _booked(days, 18, companions=1)
    return replace(one, session=replace(one.session, kind="own_use", name=COURT))


def _promoted() -> BookingView:
    one = _booked(2, 16, promoted=True)
    return replace(one, session=replace(one.session, booked_at=NOW - timedelta(hours=1)))


def _draw(number: int, state: str) -> OwnDraw:
    view = invented_class(60 + number, TODAY + timedelta(days=3 + number), 17)
    ticket, lottery = uuid.UUID(int=200 + number), uuid.UUID(int=300 + number)
    draws_at = NOW + timedelta(days=1 if state == "entered" else -1)
    return OwnDraw(view, ticket, state, lottery, draws_at)


DRAWS: Final = [
    _draw(number, state)
    for number, state in enumerate(("entered", "won", "lost", "refused", "called_off"))
]
COMING: Final = (_booked(0, 17), _court(1))
PAST: Final = (
    _booked(-1, 12, "attended"),
    _booked(-3, 11, "attended"),
    _booked(-7, 17, "no_show", marked=True),
    _booked(-9, 17, "no_show"),
    _booked(-10, 17, "cancelled", marked=True),
    _booked(-12, 18, "no_show", excused=True),
    _booked(-13, 18, "cancelled"),
    _booked(-14, 18, "cancelled", reason="The floor is being mended"),
)


def _page(
    *views: BookingView,
    waiting: tuple[SessionView, ...] = (),
    marks: Marks | None = None,
    **extra: Any,
) -> str:
    in_order = sorted(views, key=lambda one: one.session.starts_at)
    return pages.bookings_page(own_bookings(in_order, waiting, NOW), marks, POLICIES, NOW, **extra)


def _marks(count: int) -> Marks:
    missed = [invented_mark(n) for n in range(count)]
    until = NOW + timedelta(days=9) if count == POLICIES.of().no_shows else None
    days = POLICIES.of().suspension_days
    return Marks(count, POLICIES.of().no_shows, missed, date(2026, 12, 18), until, days)


def _called_off() -> str:
    ill = _booked(0, 19, "cancelled", reason="Sanna is ill")
    other = invented_class(8, TODAY + timedelta(days=1), 17)
    right = _booked(3, 17, "cancelled", reason="no_right")
    return _page(*COMING, ill, right, _booked(4, 9, "cancelled"), instead={ill.id: other})


def _suggested() -> str:
    views = [invented_class(50 + n, TODAY + timedelta(days=n), 17) for n in (0, 1)]
    return _page(suggested=[card_of(view, HOLDER, POLICIES, NOW, "n") for view in views])


STATES: Final = (
    State("bookings", "coming", lambda: _page(*COMING, *PAST)),
    State("bookings", "nothing-coming", _suggested),
    State("bookings", "place-from-the-queue", lambda: _page(*COMING, _promoted())),
    State(
        "bookings",
        "in-a-queue",
        lambda: _page(
            *COMING, waiting=(invented_class(9, TODAY + timedelta(days=3), 12, **WAITING),)
        ),
    ),
    State("bookings", "in-draws", lambda: _page(*COMING, draws=DRAWS)),
    State("bookings", "too-late-to-cancel", lambda: _page(_booked(0, 15))),
    State(
        "bookings",
        "late-costs-a-mark",
        lambda: _page(_booked(0, 15), costs={_booked(0, 15).id}),
    ),
    State("bookings", "called-off", _called_off),
    State("bookings", "one-mark", lambda: _page(*COMING, *PAST, marks=_marks(1))),
    State("bookings", "two-marks", lambda: _page(*PAST, marks=_marks(2))),
    State(
        "bookings",
        "just-cancelled",
        lambda: _page(*COMING, done=pages.done_sentence("cancelled")),
    ),
    State(
        "bookings",
        "refused",
        lambda: _page(*COMING, reasons=refusal_messages(DomainError(SESSION_ENDED))),
    ),
)
