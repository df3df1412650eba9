"""The states of how many are at a class, on the page of an invented one that begins in minutes."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from markupsafe import Markup

from zone.access.live_counts.pages import live_part
from zone.access.live_counts.queries import ReadCount
from zone.access.live_counts.rules import LiveCount
from zone.booking.timetable.states import NOW, TODAY, invented_class, invented_page
from zone.web.states import State

ENDS: Final = NOW + timedelta(hours=1)
COUNTS: Final[Mapping[str, tuple[bool, dict[str, Any]]]] = {
    "room-without-booking": (False, {"drop_in": 2}),
    "few-places-without-booking": (False, {"drop_in": 7}),
    "no-place-without-booking": (False, {"drop_in": 9}),
    "door-not-heard": (
        False,
        {"status": "not_heard", "lost_at": NOW - timedelta(minutes=12)},
    ),
    "live-numbers": (True, {"present": 15, "drop_in": 6}),
    "live-incomplete": (True, {"status": "incomplete", "present": 3}),
    "no-door-counts": (True, {"status": "no_door"}),
}


def _page(exact: bool, values: dict[str, Any]) -> str:
    start = NOW + timedelta(minutes=5)
    view = invented_class(7, TODAY, 14, starts_at=start, ends_at=ENDS, booked=19)
    said: dict[str, Any] = {
        "status": "counted",
        "places": view.capacity,
        "booked": view.booked,
    } | values
    arrivals = (start - timedelta(minutes=30), start + timedelta(minutes=15))
    count = LiveCount(arrivals=arrivals, counted_at=NOW, **said)
    part = Markup(live_part(view.id, ReadCount(count, exact)))  # noqa: S704 -- of our template
    return invented_page(view, parts=[part])


STATES: Final = tuple(
    State("class", name, partial(_page, *values)) for name, values in COUNTS.items()
)
