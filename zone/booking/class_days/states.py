"""The page of the days of a class in each of its states, with invented data."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from zone.booking.class_days.errors import NOT_A_DAY_OF_IT
from zone.booking.class_days.pages import days_page
from zone.booking.class_days.queries import DayOfClass
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

_START: Final = datetime(2026, 12, 1, 15, tzinfo=UTC)


def _day(week: int, state: Any, **of_session: Any) -> DayOfClass:
    start = _START + timedelta(days=7 * week)
    end = start + timedelta(minutes=55)
    return DayOfClass(start.date(), state, start, end, **of_session)


_DAYS: Final = (
    _day(0, "scheduled", session=uuid.UUID(int=1), booked=17, waiting=3),
    _day(1, "skipped", session=uuid.UUID(int=2), reason="Ohjaaja on kurssilla"),
    _day(2, "cancelled", session=uuid.UUID(int=3)),
    _day(3, "closed"),
    _day(4, "planned"),
)


def _page(*days: DayOfClass, done: bool = False, **form: Any) -> str:
    name = {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"}[language()]
    return days_page(uuid.UUID(int=9), name, days, FormState(**form), done=done)


STATES: Final = (
    State("class-days", "some", lambda: _page(*_DAYS, done=True)),
    State("class-days", "none", _page),
    State(
        "class-days",
        "refused",
        lambda: _page(
            *_DAYS,
            values={"day": date(2026, 12, 1).isoformat(), "reason": "Juhla"},
            messages=(NOT_A_DAY_OF_IT.text(language()),),
        ),
    ),
    State("class-days", "wrong", lambda: _page(*_DAYS, errors={"reason": ["?"]})),
)
