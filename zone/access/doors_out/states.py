"""The states of screens that say of doors which let nobody in, of invented ones."""

from dataclasses import replace
from typing import Final

from zone.access.doors_out.rules import DoorPlace, DoorsOut, sentence
from zone.booking.bookings import pages
from zone.booking.bookings.states import COMING
from zone.booking.bookings.views import own_bookings
from zone.booking.timetable.states import NOW, POLICIES
from zone.web.language import language
from zone.web.states import State

GYM: Final = DoorPlace(
    id=1,
    name="Gym door",
    area=1,
    area_name="Gym",
    campus="myllypuro",
    campus_name="Metropolia Myllypuro",
    kinds=["gym", "class"],
    spaces=frozenset({1}),
    always_open=False,
    state="normal",
    works=True,
)
BROKEN: Final = DoorsOut(GYM, "broken", ["Gym door"], ["Back door"], None)
NO_OTHER: Final = replace(BROKEN, others=())


def _bookings() -> str:
    page = own_bookings(COMING, (), NOW)
    notices = {
        one.id: sentence(out, language())
        for one, out in zip(COMING, (BROKEN, NO_OTHER), strict=True)
    }
    return pages.bookings_page(page, None, POLICIES, NOW, notices=notices)


STATES: Final = (State("bookings", "door-out", _bookings),)
