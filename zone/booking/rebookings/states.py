"""The page that moves a booking in each of its states, with invented data."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from zone.booking.bookings.errors import SESSION_FULL
from zone.booking.bookings.views import BookingView
from zone.booking.rebookings.pages import other_times_page
from zone.booking.rebookings.queries import OtherTimes
from zone.booking.timetable.states import KEPT, MINE, POLICIES, TODAY, invented_class
from zone.core.errors import DomainError
from zone.web.states import State


def _page(
    days: int,
    state: str = "booked",
    refusal: DomainError | None = None,
    first: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    view = invented_class(7, TODAY, 17, **MINE)
    booking = BookingView(uuid.UUID(int=1), state, view, False, 0, view.cancel_until(POLICIES))
    others = [
        invented_class(10 + n, TODAY + timedelta(days=n), 18, **(first if n == 1 else {}))
        for n in range(1, days + 1)
    ]
    return other_times_page(OtherTimes(booking, others), refusal)


STATES: Final = (
    State("move-booking", "some", lambda: _page(3)),
    State("move-booking", "a-place-is-kept", lambda: _page(2, first=KEPT)),
    State("move-booking", "none", lambda: _page(0)),
    State("move-booking", "refused", lambda: _page(2, refusal=DomainError(SESSION_FULL))),
    State("move-booking", "ended", lambda: _page(2, "cancelled")),
)
