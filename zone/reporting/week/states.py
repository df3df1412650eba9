"""The states of the week, of invented classes and people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from flask import render_template

from zone.core.errors import edited_meanwhile
from zone.places.calendar.pages import calendar_lines
from zone.places.calendar.rules import CalendarEntry
from zone.places.campuses.models import Campus
from zone.places.holidays.rules import PlanState, holidays_between
from zone.places.spaces.queries import SpaceView
from zone.places.terms.models import Season
from zone.places.terms.queries import Term
from zone.reporting.week.pages import week_page
from zone.reporting.week.queries import Plan
from zone.reporting.week.rules import PlannedClass
from zone.reporting.week_change.pages import Change
from zone.web import forms
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
_FIRST, _LAST = date(2027, 1, 11), date(2027, 4, 30)
_WEEKS: Final = [(2027, week, True) for week in range(2, 17)]
OPEN: Final = [(time(7), time(22))]
_LONG: Final = "Pitkäniminen lempeä aamujumppa aloittelijoille"


def _space(number: int, name: str) -> SpaceView:
    public_id = UUID(int=100 + number)
    return SpaceView(number, public_id, 1, "myyrmaki", name, name, name, 24, False, (number,))


def _class(number: int, name: str, category: str, at: tuple[int, int, int], **more: Any) -> Any:
    weekday, hour, minutes = at
    values: dict[str, Any] = {
        "kind": "class",
        "live": True,
        "space_id": 1,
        "instructor_id": 1,
        "starts_at": time(hour, 45 if number == 1 else 0),
        "first_on": _FIRST,
        "last_on": _LAST,
    }
    own = {"id": UUID(int=number), "name": name, "category": category}
    return PlannedClass(**(values | own | {"weekday": weekday, "minutes": minutes} | more))


YOGA: Final[PlannedClass] = _class(1, "Yoga flow", "mind", (2, 17, 60))
CLASSES: Final[Sequence[PlannedClass]] = (
    YOGA,
    _class(2, "Circuit", "strength", (1, 17, 60), space_id=2, instructor_id=2),
    _class(
        3, "Futsal club", "ball", (3, 18, 120), space_id=2, instructor_id=None, kind="club_turn"
    ),
    _class(4, "Pilates", "mind", (3, 18, 60), space_id=3),
    _class(5, "Zumba", "dance", (1, 17, 45), space_id=3, instructor_id=2),
    _class(6, "HIIT", "cardio", (4, 19, 30), space_id=2),
)


def _plan(classes: Sequence[PlannedClass], goal: int | None = 50, *, term: bool = True) -> Plan:
    of_term = Term(Season(code="s", kind="spring", starts_on=_FIRST, ends_on=_LAST), _WEEKS)
    autumn = Term(Season(code="a", kind="autumn", starts_on=TODAY, ends_on=TODAY), [])
    return Plan(
        [Campus(id=1, code="myyrmaki", name="Myyrmäki"), Campus(id=2, code="malmi", name="Malmi")],
        {
            1: _space(1, "Studio"),
            2: _space(2, "Hall 1"),
            3: _space(3, "Hall 2"),
            4: replace(_space(4, "Gym"), campus_id=2, campus_code="malmi"),
        },
        classes,
        {1: "Li Förslag", 2: "Noora Satunen"},
        [autumn, of_term] if term else [],
        of_term if term else None,
        _FIRST,
        _LAST,
        Decimal(goal) if goal else None,
    )


def _values(**changed: Any) -> dict[str, Any]:
    values = {
        "weekdays": [YOGA.weekday],
        "starts_at": "17:45",
        "minutes": 60,
        "space": str(UUID(int=101)),
        "from_day": "2027-01-12",
        "version": 1,
        "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga flow"},
        "live": True,
    }
    return values | changed


_INVENTORY: Final = {"fi": "Inventaario", "sv": "Inventering", "en": "Inventory"}
PREVIEW: Final = {
    "cancelled": [],
    "people": 0,
    "made": 0,
    "sessions": [
        {
            "starts_at": f"2027-01-{day}T15:45:00+00:00",
            "new_starts_at": f"2027-01-{day + 1}T18:30:00+00:00",
            "outcome": "first_right",
            "booked": 14,
            "waiting": 2,
            "until": "2027-01-10T15:45:00+00:00",
            "entered": 0,
            "ends_draw": False,
        }
        for day in (12, 19)
    ],
    "closed": [],
    "skipped": [],
    "repeated": [],
    "days": [
        {"day": "2027-01-27", "kind": "break", "names": None},
        {"day": "2027-03-03", "kind": "closed", "names": _INVENTORY},
    ],
    "unchanged": False,
}
MOVED: Final = {"weekdays": [3], "starts_at": "20:30", "minutes": 75}
AT_HALL: Final = {"weekdays": [3], "starts_at": "18:30", "space": str(UUID(int=102))}
TAKEN: Final = {
    "taken_by": [
        {
            "starts_at": f"2027-01-{day}T16:00:00+00:00",
            "ends_at": f"2027-01-{day}T18:00:00+00:00",
            "name": {"fi": "Futsalkerho", "sv": "Futsalklubben", "en": "Futsal club"},
        }
        for day in (13, 20, 27)
    ],
    "alternatives": [
        {
            "space": str(UUID(int=103)),
            "name": {"fi": "Sali 2", "sv": "Sal 2", "en": "Hall 2"},
            "starts_at": "18:30",
        },
        {"space": str(UUID(int=102)), "name": {}, "starts_at": "20:00"},
    ],
}


_HOURS: Final = ((time(10), time(14)),)
_STATES: Final[Sequence[PlanState]] = ("closed", "shut", "unplanned", "hours", "normal")
ENTRIES: Final = (
    CalendarEntry("break", date(2027, 2, 22), date(2027, 2, 28)),
    CalendarEntry("other_hours", date(2027, 3, 3), date(2027, 3, 3), _INVENTORY, "hours", _HOURS),
    *(
        CalendarEntry("holiday", one.day, one.day, one.names, state, _HOURS)
        for one, state in zip(holidays_between(_FIRST, date(2027, 5, 6)), _STATES, strict=False)
    ),
)


def _page(plan: Plan, change: Change | None = None) -> str:
    page = week_page(plan, 1, OPEN, change, TODAY)
    lines = calendar_lines(ENTRIES) if plan.term else []
    return render_template("reporting/week/week.html", week=replace(page, calendar=lines))


def _changed(state: FormState, draft: dict[str, Any] | None = None, goal: int | None = 50) -> str:
    moved = replace(YOGA, **draft, first_on=date(2027, 1, 12)) if draft else None
    return _page(_plan(CLASSES, goal), Change(YOGA, state, moved, _FIRST))


_LATER: Final = {"weekday": 3, "starts_at": time(20, 30), "minutes": 75}
_CLASH: Final = {"weekday": 3, "starts_at": time(18, 30), "space_id": 2}
_FULL: Final = tuple(
    _class(10 + number, _LONG, "chess", (1 + number % 2, number, 1440 - 60 * number), space_id=2)
    for number in (0, 5, 6, 7, 23)
)
_PAGES: Final = (
    ("nothing-chosen", lambda: _page(_plan(CLASSES))),
    ("no-classes-and-no-term", lambda: _page(_plan((), None, term=False))),
    ("whole-days", lambda: _page(_plan((*CLASSES, *_FULL)))),
    ("chosen", lambda: _changed(FormState(_values()))),
    ("moved", lambda: _changed(FormState(_values(**MOVED), preview=PREVIEW), _LATER)),
    (
        "nobody-booked",
        lambda: _changed(
            FormState(_values(**MOVED), preview=PREVIEW | {"people": 0}), _LATER, goal=4
        ),
    ),
    (
        "closed-then",
        lambda: _changed(
            FormState(_values(**MOVED), preview=PREVIEW | {"made": 0, "closed": ["2027-01-13"]}),
            _LATER,
        ),
    ),
    ("taken", lambda: _changed(FormState(_values(**AT_HALL), details=TAKEN), _CLASH)),
    ("not-looked-at", lambda: _changed(FormState(_values(**MOVED)), _LATER)),
    (
        "changed-by-somebody-else",
        lambda: forms.refused(
            lambda state: _changed(state, _LATER),
            edited_meanwhile(2, ["minutes"]),
            typed=_values(**MOVED),
            key="",
            stored=lambda: _values(minutes=45),
        ).get_data(as_text=True),
    ),
)
STATES: Final = tuple(State("week", name, partial(page)) for name, page in _PAGES)
