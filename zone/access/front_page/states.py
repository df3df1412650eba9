"""The states of the public front page, on Tue 1 Dec 2026 and the days around it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from typing import Any, Final

from zone.access.busyness.queries import Busyness
from zone.access.busyness.rules import LEVELS as LEVELS_BY_HOUR
from zone.access.busyness.rules import UsualWeek, counted_at
from zone.access.doors_out.states import BROKEN, NO_OTHER
from zone.access.front_page.pages import render_campuses, render_page
from zone.access.front_page.views import A_DAY, CampusToday, FreeCourt, FrontPage, OtherHours
from zone.access.shutdowns.states import BLOCKED, LOCKDOWN
from zone.booking.reservations.states import invented_court
from zone.booking.sessions.views import SessionView
from zone.booking.timetable.states import NOW, POLICIES, SUNDAY, TODAY, YIN, invented_class
from zone.core.time import from_helsinki, helsinki_date
from zone.passes.shop.states import invented_prices
from zone.places.holidays.rules import holidays_between
from zone.places.opening_hours.rules import DayHours, Hours, open_state, openings_on
from zone.web.states import State

MAP: Final = "https://www.openstreetmap.org/"
HOURS: Final = (clock_time(7), clock_time(22))
MIDNIGHT: Final = clock_time()
WEEK: Final = [Hours(day, *HOURS, date(2026, 1, 1)) for day in range(1, 7)]
ALL_DAY: Final = [Hours(day, MIDNIGHT, MIDNIGHT, date(2026, 1, 1)) for day in range(1, 8)]
NIGHT: Final = from_helsinki(TODAY, clock_time(22, 40))
HOLIDAY: Final = from_helsinki(SUNDAY, clock_time(12, 5))
CAMPUSES: Final = (
    ("arabia", "Arcada Arabia", "Jan-Magnus Janssonin aukio 1", "00560 Helsinki"),
    ("malmi", "Haaga-Helia Malmi", "Hietakummuntie 1 A", "00700 Helsinki"),
    ("pasila", "Haaga-Helia Pasila", "Ratapihantie 13", "00520 Helsinki"),
    ("tikkurila", "Laurea Tikkurila", None, None),
    ("myllypuro", "Metropolia Myllypuro", "Myllypurontie 1", "00920 Helsinki"),
)
LEVELS: Final = {
    "malmi": Busyness("quiet"),
    "pasila": Busyness("some"),
    "myllypuro": Busyness("busy"),
}
"""Of the campuses whose doors count."""
REASON: Final = {
    "fi": "Itsenäisyyspäivä",
    "sv": "Självständighetsdagen",
    "en": "Independence Day",
}
EVE: Final = {
    "fi": "Itsenäisyyspäivän aatto",
    "sv": "Dagen före självständighetsdagen",
    "en": "The day before Independence Day",
}
CLOSED: Final = replace(LOCKDOWN, kind="blocked", campus="pasila", campus_name="Haaga-Helia Pasila")
"""A campus whose doors are out of use."""


def _campuses(
    now: datetime,
    levels: Mapping[str, Busyness],
    week: Sequence[Hours] = WEEK,
    exceptions: Mapping[date, DayHours | None] | None = None,
) -> list[CampusToday]:
    exceptions = {SUNDAY: None} if exceptions is None else exceptions
    state = open_state(week, exceptions, now)
    reason = REASON if helsinki_date(now) in exceptions else None
    return [
        CampusToday(
            code, name, street, place, MAP if street else None, state, reason, levels.get(code)
        )
        for code, name, street, place in CAMPUSES
    ]


def _sessions(day: date, **values: Any) -> list[SessionView]:
    """Return the classes of a day, of which one runs at 14.20."""
    running = from_helsinki(day, clock_time(13, 55))
    return [
        invented_class(1, day, 8, **values),
        invented_class(
            2, day, 13, starts_at=running, ends_at=running + timedelta(minutes=45), **values
        ),
        *(
            invented_class(
                3 + n, day, 15 + n // 2, **{"name": YIN, "category": "mind"} if n % 2 else {}
            )
            for n in range(8)
            if not values
        ),
        *(invented_class(20 + n, day, 17 + n, **values) for n in range(2) if values),
    ]


def _view(
    now: datetime = NOW,
    *,
    sessions: Sequence[SessionView] | None = None,
    levels: Mapping[str, Busyness] = LEVELS,
    hours: Sequence[Hours] = WEEK,
    exceptions: Mapping[date, DayHours | None] | None = None,
    court: bool = True,
    **values: Any,
) -> FrontPage:
    today = helsinki_date(now)
    sessions = _sessions(today) if sessions is None else sessions
    free = from_helsinki(today, clock_time(15, 30))
    page = FrontPage(
        now=now,
        counted=counted_at(now),
        policies=POLICIES,
        today=sessions,
        later=[invented_class(40, today + A_DAY, 7)],
        court=FreeCourt(invented_court(2), free if free > now else free + A_DAY) if court else None,
        campuses=_campuses(now, levels, hours, exceptions),
        other_hours=[],
        roles=[invented_prices("student"), invented_prices("staff", 2)],
    )
    return replace(page, **values)


def _page(now: datetime = NOW, **values: Any) -> str:
    return render_page(_view(now, **values))


def _every(level: Any) -> dict[str, Busyness]:
    return {code: Busyness(level) for code, *_ in CAMPUSES}


def _without_count() -> str:
    lost = NOW - timedelta(minutes=28)
    levels = {"malmi": Busyness(None, lost), "pasila": Busyness(None), "myllypuro": Busyness(None)}
    return _page(levels=levels)


def _other_hours() -> str:
    eve, names = date(2026, 12, 5), ["Arcada Arabia", "Laurea Tikkurila"]
    short = openings_on(eve, [], {eve: (clock_time(9), clock_time(14))})
    days = [
        OtherHours(eve, short, EVE, names, False),
        OtherHours(SUNDAY, [], REASON, [name for _, name, *_ in CAMPUSES], True),
    ]
    return _page(other_hours=days)


def _short_day() -> str:
    hours = {TODAY: (clock_time(7), clock_time(14)), SUNDAY: None}
    return _page(sessions=_sessions(TODAY)[:1], exceptions=hours)


def _usual_weeks() -> str:
    """Return the page of the campuses, of which two are counted, one of them for half a week."""
    levels = {(day, hour): LEVELS_BY_HOUR[hour % 3] for day in range(1, 8) for hour in range(7, 22)}
    weeks = {
        "pasila": UsualWeek(levels, TODAY - A_DAY),
        "malmi": UsualWeek({key: "quiet" for key in levels if key[0] < 4}, TODAY - 9 * A_DAY),
    }
    page = _view(NOW)
    campuses = [replace(one, usual=weeks.get(one.code, UsualWeek())) for one in page.campuses]
    return render_campuses(replace(page, campuses=campuses))


def _christmas() -> str:
    """Return the page of the campuses with the closed days of the next weeks."""
    names = [name for _, name, *_ in CAMPUSES]
    days = [
        OtherHours(holiday.day, [], dict(holiday.names), names, True)
        for holiday in holidays_between(date(2026, 12, 24), date(2027, 1, 6))
    ]
    return render_campuses(replace(_view(NOW), later_hours=days))


STATES: Final = (
    State("campuses", "usual-weeks", _usual_weeks),
    State("campuses", "other-hours-later", _christmas),
    State("home", "afternoon", _page),
    State("home", "before-the-first-class", lambda: _page(sessions=_sessions(TODAY)[2:])),
    State("home", "all-full", lambda: _page(sessions=_sessions(TODAY, booked=20), court=False)),
    State("home", "quiet-everywhere", lambda: _page(levels=_every("quiet"))),
    State("home", "busy-everywhere", lambda: _page(levels=_every("busy"))),
    State("home", "doors-send-nothing", _without_count),
    State("home", "no-door-counts", partial(_page, levels={})),
    State("home", "doors-shut", partial(_page, shut=[LOCKDOWN, BLOCKED, CLOSED])),
    State("home", "doors-broken", partial(_page, broken=[BROKEN, NO_OTHER])),
    State("home", "night", partial(_page, NIGHT)),
    State("home", "closed-day", partial(_page, HOLIDAY, sessions=[])),
    State("home", "closes-early", _short_day),
    State("home", "other-hours", _other_hours),
    State("home", "open-day-and-night", partial(_page, hours=ALL_DAY, exceptions={})),
    State(
        "home",
        "between-terms",
        partial(_page, sessions=[], later=[], court=False, hours=[], levels={}),
    ),
    State(
        "home",
        "nothing-set-up",
        partial(_page, sessions=[], later=[], court=False, campuses=[], roles=[]),
    ),
)
