"""The states of the pages of public holidays, of invented campuses."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import partial
from typing import Final

from zone.booking.closures.queries import AffectedSession, DayQuestion
from zone.booking.holiday_plans.pages import render_form, render_holidays, values_of
from zone.booking.sessions.models import ClassSession
from zone.core.time import from_helsinki
from zone.places.campuses.models import Campus
from zone.places.holidays.queries import CampusPlan, PlannedHoliday
from zone.places.holidays.rules import Holiday, PlanState, holidays_of
from zone.places.spaces.models import Space
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 11, 16)
CAMPUSES: Final = [
    Campus(id=number, code=code, name=name)
    for number, (code, name) in enumerate(
        [
            ("arabia", "Arcada Arabia"),
            ("malmi", "Haaga-Helia Malmi"),
            ("myllypuro", "Metropolia Myllypuro"),
        ]
    )
]
OPEN: Final = [(time(7), time(22))]
SHORT: Final = [(time(10), time(14))]
INVENTORY: Final = {"fi": "Inventaario", "sv": "Inventering", "en": "Inventory"}
PLANS: Final[Mapping[date, Sequence[PlanState]]] = {
    date(2026, 1, 1): ("closed", "closed", "closed"),
    date(2026, 1, 6): ("normal", "hours", "closed"),
    date(2026, 12, 6): ("shut", "shut", "hours"),
    date(2026, 12, 24): ("closed", "unplanned", "unplanned"),
    date(2026, 12, 26): ("normal", "normal", "unplanned"),
}


UNPLANNED: Final[Sequence[PlanState]] = ("unplanned", "unplanned", "unplanned")


def _planned(holiday: Holiday) -> PlannedHoliday:
    states = PLANS.get(holiday.day, UNPLANNED)
    hours = {"hours": SHORT, "closed": [], "shut": []}
    names = dict(holiday.names)
    reasons = {"closed": names, "hours": INVENTORY if holiday.day.month == 1 else names}
    return PlannedHoliday(
        holiday,
        [
            CampusPlan(campus, state, hours.get(state, OPEN), reasons.get(state))
            for campus, state in zip(CAMPUSES, states, strict=True)
        ],
    )


YEAR: Final = [_planned(holiday) for holiday in holidays_of(2026)]
EVE: Final = next(one for one in YEAR if one.holiday.day == date(2026, 12, 24))


def _list(soon: Sequence[PlannedHoliday], done: str | None = None) -> str:
    return render_holidays(YEAR, soon, 2026, TODAY, done)


def _question(**values: object) -> str:
    space = Space(campus_id=0, name_fi="Sali 1", name_sv="Sal 1", name_en="Hall 1")
    start, end = (from_helsinki(EVE.holiday.day, time(hour)) for hour in (17, 18))
    yoga = ClassSession(
        kind="class",
        name_fi="Aamun pitkä lempeä jooga",
        name_sv="Yoga",
        name_en="Yoga",
        starts_at=start,
        ends_at=end,
    )
    affected = [AffectedSession(yoga, space, 14)]
    current = {"arabia": ((time(10), time(14)), "Inventory")}
    question = DayQuestion(CAMPUSES, affected, current)
    state = FormState(values_of(EVE) | values, preview=question)
    return render_form(EVE, state)


STATES: Final = (
    State("holidays", "some-to-plan", partial(_list, [EVE, YEAR[-1]])),
    State("holidays", "all-planned", partial(_list, [])),
    State("holidays", "one-to-plan", lambda: render_form(EVE, FormState(values_of(EVE)))),
    State("holidays", "what-a-plan-affects", _question),
    State(
        "holidays",
        "refused",
        lambda: render_form(
            EVE, FormState(values_of(EVE) | {"plan": "hours"}, errors={"opens": ["?"]})
        ),
    ),
)
