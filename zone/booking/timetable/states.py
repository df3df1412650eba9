"""The states of the timetable and of one class, of invented classes on Tue 1 Dec 2026 at 14.20."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock_time
from functools import partial
from typing import Any, Final

from zone.booking.bookings.errors import SESSION_FULL
from zone.booking.bookings.rules import BookerState
from zone.booking.cards.views import Reader, card_of
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.views import SessionLottery, SessionView
from zone.booking.timetable import pages
from zone.booking.timetable.queries import ClassPage
from zone.booking.timetable.views import DayHoursOf, Filter, Overlap, timetable
from zone.core.errors import DomainError
from zone.core.time import from_helsinki
from zone.passes.entitlements.rules import EVERY_DAY, Conditions, UseHours
from zone.passes.passes.rules import PassRight
from zone.places.opening_hours.rules import Hours
from zone.web.problems import refusal_messages
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
SUNDAY: Final = date(2026, 12, 6)
NOW: Final = from_helsinki(TODAY, clock_time(14, 20))
POLICIES: Final = Policies()
CAMPUSES: Final = [("arabia", "Arcada Arabia"), ("myyrmaki", "Metropolia Myyrmäki")]
HALL: Final = {"fi": "Sali 2", "sv": "Sal 2", "en": "Hall 2"}
BELLS: Final = {"fi": "Kahvakuula ja kehonhuolto", "sv": "Kettlebell 55", "en": "Kettlebell 55"}
YIN: Final = {"fi": "Yinjooga", "sv": "Yinyoga", "en": "Yin yoga"}
TEXT: Final = {
    "fi": "Heilautuksia, punnerruksia ja kantoja yhdellä tai kahdella kuulalla. Valitset painon.",
    "sv": "Svingar, pressar och bärande med en eller två klot. Du väljer själv vikten.",
    "en": "Swings, presses and carries with one or two bells. You choose your own weight.",
}
BRING: Final = {
    "fi": "Sisäkengät, vesipullo, pyyhe",
    "sv": "Inomhusskor, vattenflaska, handduk",
    "en": "Indoor shoes, water bottle, towel",
}
ALWAYS: Final = (
    from_helsinki(date(2026, 1, 1), clock_time()),
    from_helsinki(date(2027, 1, 1), clock_time()),
)
RIGHT: Final = PassRight("class", (), *ALWAYS, pass_id=1)
IN_MORNINGS: Final = replace(RIGHT, conditions=Conditions((UseHours(EVERY_DAY, 0, 9 * 60),)))
TO_BALL_GAMES: Final = replace(RIGHT, conditions=Conditions(activities=("ball_turn",)))
STRENGTH: Final = Filter("myyrmaki", "strength", free=True)
GUEST: Final = Reader(None)
HOLDER: Final = Reader(BookerState([RIGHT], [], {}))


def invented_class(number: int, day: date, hour: int, **values: Any) -> SessionView:
    """Return a class of 55 minutes with 6 of 20 places left, unless said otherwise."""
    start = from_helsinki(day, clock_time(hour, 30))
    view = SessionView(
        id=uuid.UUID(int=number),
        kind="class",
        name=BELLS,
        category="strength",
        campus="myyrmaki",
        campus_name="Metropolia Myyrmäki",
        space=HALL,
        starts_at=start,
        ends_at=start + timedelta(minutes=55),
        capacity=28,
        bookable=20,
        booked=14,
        state="scheduled",
        booking=None,
        instructor="Sanna Kuvitelma",
    )
    return replace(view, **values)


def _yin(number: int, day: date, hour: int, **values: Any) -> SessionView:
    place = {"campus": "arabia", "campus_name": "Arcada Arabia", "instructor": "Li Förslag"}
    return invented_class(number, day, hour, **{"name": YIN, "category": "mind", **place, **values})


KEPT: Final = {
    "queue_entry": uuid.UUID(int=98),
    "offered_until": NOW + timedelta(minutes=20),
    "booked": 20,
}
MINE: Final = {"booking": uuid.UUID(int=99), "booked_at": NOW - timedelta(days=2)}
WAITING: Final = {
    "booked": 20,
    "queue_length": 5,
    "queue_entry": uuid.UUID(int=98),
    "queue_place": 2,
}
DRAW: Final = SessionLottery(
    uuid.UUID(int=96), NOW - timedelta(days=2), NOW + timedelta(minutes=40)
)
SUSPENDED: Final = [(NOW - timedelta(days=3), None)]
OTHERS: Final = {
    n: (NOW + timedelta(days=n, hours=8), NOW + timedelta(days=n, hours=9)) for n in range(1, 5)
}
WHY_NOT: Final[dict[str, tuple[dict[str, Any], Reader]]] = {
    "use-suspended": ({}, Reader(BookerState([RIGHT], SUSPENDED, {}))),
    "booking-paused": ({}, Reader(BookerState([RIGHT], [], {}, NOW + timedelta(days=9)))),
    "too-many-bookings": ({}, Reader(BookerState([RIGHT], [], OTHERS))),
    "too-many-queues": ({"booked": 20}, Reader(BookerState([RIGHT], [], {}), queues=5)),
    "outside-the-hours-of-the-pass": ({}, Reader(BookerState([IN_MORNINGS], [], {}))),
    "pass-for-other-classes": ({}, Reader(BookerState([TO_BALL_GAMES], [], {}))),
}
"""What keeps a reader from a class that others can book."""
STATES_OF_A_CLASS: Final[dict[str, dict[str, Any]]] = {
    "free": {},
    "few-left": {"booked": 18},
    "booked": MINE,
    "full": {"booked": 20},
    "full-with-a-queue": {"booked": 20, "queue_length": 6},
    "in-the-queue": WAITING,
    "drawn": {"booked": 0, "lottery": DRAW},
    "in-the-draw": {"booked": 0, "lottery": replace(DRAW, ticket=uuid.UUID(int=97))},
    "cancelled": {"state": "cancelled", "booked": 0},
}


def _week(
    chosen: date,
    asked: Filter,
    views: Sequence[SessionView],
    reader: Reader = HOLDER,
    refusal: DomainError | None = None,
) -> str:
    reader = replace(reader, booked=[view for view in views if view.booking])
    cards = [replace(card_of(view, reader, POLICIES, NOW), kept=bool(refusal)) for view in views]
    week = [Hours(n, clock_time(7), clock_time(22), date(2026, 1, 1)) for n in range(1, 7)]
    reasons = {
        SUNDAY: {"fi": "Itsenäisyyspäivä", "sv": "Självständighetsdagen", "en": "Independence Day"}
    }
    hours = [DayHoursOf(code, week, {SUNDAY: None}, reasons) for code, _ in CAMPUSES]
    page = timetable(chosen, asked, cards, lambda: (), hours, CAMPUSES)
    return pages.week_page(page, POLICIES, NOW, reasons=refusal_messages(refusal))


def _all() -> list[SessionView]:
    """Return a week in which a class of each state is."""
    later = (
        invented_class(20 + n, TODAY, 17 + n % 3, **values)
        for n, values in enumerate(STATES_OF_A_CLASS.values())
    )
    return [
        _yin(1, TODAY - timedelta(days=1), 12),
        _yin(2, TODAY, 7),
        invented_class(
            3, TODAY, 14, starts_at=NOW + timedelta(minutes=15), ends_at=NOW + timedelta(hours=1)
        ),
        *later,
        _yin(4, TODAY + timedelta(days=2), 17),
        _yin(5, SUNDAY + timedelta(days=1), 7),
        _yin(6, SUNDAY + timedelta(days=3), 16),
    ]


def _nobody_s() -> list[SessionView]:
    """Return that week without the classes in which the reader has anything."""
    return [
        view
        for view in _all()
        if view.booking is None
        and view.queue_entry is None
        and (view.lottery is None or view.lottery.ticket is None)
    ]


def invented_page(
    view: SessionView,
    reader: Reader = HOLDER,
    done: str | None = None,
    refusal: DomainError | None = None,
    parts: Sequence[str] = (),
    **values: Any,
) -> str:
    """Render the page of an invented class at `NOW`. `parts`: of the features above."""
    card = card_of(view, reader, POLICIES, NOW)
    quarter = timedelta(minutes=15)
    page = ClassPage(
        card,
        POLICIES,
        TEXT,
        BRING,
        closed=False,
        arrive=(view.starts_at - 2 * quarter, view.starts_at + quarter),
        back=Filter().address(TODAY),
        street="Esimerkkikatu 1, 01600 Vantaa",
        map_url="https://www.openstreetmap.org/",
    )
    refused = pages.refused_title("book", refusal) if refusal else ""
    reasons = refusal_messages(refusal)
    return pages.class_page(replace(page, **values), NOW, done, reasons, refused, parts)


def _like() -> list[Any]:
    views = (invented_class(40 + n, TODAY + timedelta(days=n), 7) for n in (2, 4))
    return [card_of(view, HOLDER, POLICIES, NOW, "n") for view in views]


def _hindered(values: dict[str, Any], reader: Reader) -> str:
    return invented_page(invented_class(7, TODAY, 17, **values), reader)


def _late(costs: bool) -> str:
    return invented_page(invented_class(7, TODAY, 15, **MINE), late_cost=costs)


def _one(name: str) -> str:
    like = _like() if name in ("full", "full-with-a-queue", "in-the-queue", "cancelled") else ()
    why = "Sanna is ill" if name == "cancelled" else None
    view = invented_class(7, TODAY, 17, **STATES_OF_A_CLASS[name])
    return invented_page(view, like=like, why_cancelled=why)


def _overlap(can_be_cancelled: bool) -> str:
    view = invented_class(7, TODAY, 17)
    held = (view.starts_at - timedelta(minutes=30), view.starts_at + timedelta(minutes=30))
    reader = Reader(BookerState([RIGHT], [], {3: held}))
    court = {"fi": "Sulkapallokenttä 3", "sv": "Badmintonbana 3", "en": "Badminton 3"}
    return invented_page(
        view, reader, overlap=Overlap(uuid.UUID(int=9), court, *held, can_be_cancelled)
    )


def _soon() -> str:
    return invented_page(invented_class(7, TODAY + timedelta(days=9), 17))


STATES: Final = (
    State("classes", "week", lambda: _week(TODAY, Filter(), _all())),
    State("classes", "guest", lambda: _week(TODAY, Filter(), _nobody_s(), GUEST)),
    State("classes", "closed-day", lambda: _week(SUNDAY, Filter(), _all())),
    State("classes", "no-classes", lambda: _week(TODAY + timedelta(days=1), Filter(), _all())),
    State(
        "classes",
        "filters",
        lambda: _week(TODAY, Filter("myyrmaki", "strength", free=True), _all()),
    ),
    State("classes", "nothing-like-it", lambda: _week(SUNDAY, Filter(kind="dance"), _all())),
    State(
        "classes",
        "nothing-in-the-week",
        lambda: _week(TODAY, Filter("arabia", "strength", "morning"), _all()),
    ),
    State(
        "classes",
        "refused-in-place",
        lambda: _week(TODAY, Filter(), _all(), refusal=DomainError(SESSION_FULL)),
    ),
    State("classes", "not-yet-open", lambda: _week(date(2026, 12, 9), Filter(), _all())),
    *(State("class", name, partial(_one, name)) for name in STATES_OF_A_CLASS),
    State("class", "guest", lambda: invented_page(invented_class(7, TODAY, 17), GUEST)),
    State("class", "ended", lambda: invented_page(invented_class(7, TODAY, 7))),
    State("class", "opens-later", _soon),
    State(
        "class", "too-late-to-cancel", lambda: invented_page(invented_class(7, TODAY, 15, **MINE))
    ),
    State("class", "cancel-late", partial(_late, False)),
    State("class", "cancel-late-is-a-mark", partial(_late, True)),
    *(
        State("class", name, partial(_hindered, values, reader))
        for name, (values, reader) in WHY_NOT.items()
    ),
    State(
        "classes",
        "cannot-be-booked",
        lambda: _week(TODAY, Filter(), _nobody_s(), WHY_NOT["too-many-bookings"][1]),
    ),
    State("class", "full-and-late", lambda: invented_page(invented_class(7, TODAY, 15, booked=20))),
    State("class", "a-place-is-kept", lambda: invented_page(invented_class(7, TODAY, 15, **KEPT))),
    State("class", "overlaps", partial(_overlap, True)),
    State("class", "overlaps-for-good", partial(_overlap, False)),
    State(
        "class",
        "no-pass",
        lambda: invented_page(invented_class(7, TODAY, 17), Reader(BookerState([], [], {}))),
    ),
    State(
        "class",
        "just-booked",
        lambda: invented_page(invented_class(7, TODAY, 17, **MINE), done="booked"),
    ),
    State(
        "class",
        "refused",
        lambda: invented_page(
            invented_class(7, TODAY, 17, booked=20),
            refusal=DomainError(SESSION_FULL),
        ),
    ),
    State(
        "class", "campus-closed", lambda: invented_page(invented_class(7, TODAY, 17), closed=True)
    ),
)
