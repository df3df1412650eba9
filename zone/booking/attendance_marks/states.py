"""The states of one's own marks and of the appeals, of invented people on Tue 1 Dec 2026."""

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from zone.booking.attendance_marks.pages import appeals_page, marks_page
from zone.booking.attendance_marks.rules import DoorHeard, Evidence, SeatDemand
from zone.booking.attendance_marks.views import Appeal, AttendanceMarkView, MarkEventView
from zone.booking.timetable.states import MINE, NOW, TODAY, invented_class
from zone.web.forms import FormState
from zone.web.states import State

DOOR: Final = "Studio door"


def invented_mark(number: int, **values: Any) -> AttendanceMarkView:
    """Return an invented mark that counts, `number` days and a week ago."""
    view = invented_class(2000 + number, TODAY - timedelta(days=7 + number), 17, **MINE)
    waited = view.starts_at - timedelta(hours=2)
    heard = view.ends_at + timedelta(minutes=15)
    mark = AttendanceMarkView(
        id=uuid.UUID(int=3000 + number),
        kind="no_show",
        state="counting",
        counts=True,
        booking=uuid.UUID(int=4000 + number),
        name=view.name,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        campus_name=view.campus_name,
        space=view.space,
        is_court=False,
        occurred_at=view.ends_at,
        recorded_at=heard,
        evidence=Evidence(SeatDemand(14, 14, 3, waited), (DoorHeard(DOOR, heard),)),
        events=(MarkEventView("noticed", heard, None),),
    )
    return replace(mark, **values)


def _late(number: int, **values: Any) -> AttendanceMarkView:
    mark = invented_mark(number)
    limit, at = (mark.starts_at - timedelta(minutes=minutes) for minutes in (120, 50))
    evidence = Evidence(SeatDemand(14, 13), limit=limit)
    return replace(mark, kind="late_cancellation", occurred_at=at, evidence=evidence, **values)


_SAID: Final = "The tram stood still for an hour. I wrote to you on the way."
_APPEALED: Final = {"appealed_at": NOW - timedelta(days=2), "appeal": _SAID}
_DECIDED: Final = _APPEALED | {"decided_at": NOW - timedelta(days=1), "decision": "We read it."}
_UPHELD: Final = (MarkEventView("upheld", NOW - timedelta(days=1), None),)


def _own(*marks: AttendanceMarkView, banned: bool = False) -> str:
    until = NOW + timedelta(days=9) if banned else None
    return marks_page(marks, until, FormState())


def _appeals(*rows: Appeal) -> str:
    return appeals_page(rows, FormState())


_ENDED: Final = (
    _late(3, **_DECIDED, state="lifted", counts=False),
    invented_mark(4, **_DECIDED, events=_UPHELD),
    invented_mark(5, state="excused", counts=False),
    invented_mark(6, state="expired", counts=False, evidence=Evidence(None)),
)
STATES: Final = (
    State("marks", "none", _own),
    State("marks", "one", partial(_own, invented_mark(0))),
    State("marks", "paused", partial(_own, _late(0), invented_mark(1), banned=True)),
    State("marks", "appealed", partial(_own, invented_mark(0, **_APPEALED))),
    State("marks", "decided", partial(_own, *_ENDED)),
    State("appeals", "none", _appeals),
    State(
        "appeals",
        "two",
        partial(
            _appeals,
            Appeal(invented_mark(0, **_APPEALED), uuid.UUID(int=1), "Aino Virtanen"),
            Appeal(_late(1, **_APPEALED), uuid.UUID(int=2), "Matti Meikäläinen"),
        ),
    ),
)
