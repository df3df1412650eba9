"""The states of the pages of public holidays, of invented campuses."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import partial
from typing import Final

from zone.booking.affected_people.views import PeopleOfSession
from zone.booking.holiday_plans.pages import (
    render_form,
    render_holidays,
    render_several,
    values_of,
)
from zone.booking.holiday_plans.views import AskedPlan
from zone.core.errors import DomainError
from zone.places.holidays.queries import CampusPlan, PlannedCampus, PlannedHoliday
from zone.places.holidays.rules import Holiday, PlanState, holidays_of
from zone.places.opening_hours.errors import HOURS_INVALID
from zone.web import filters
from zone.web.field_errors import note_field_errors
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

TODAY: Final = date(2026, 11, 16)
CAMPUSES: Final = [
    PlannedCampus(number, code, name)
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


TO_PLAN: Final = [one for one in YEAR if one.holiday.day >= TODAY and one.unplanned]
CHOICES: Final = {"plan-2026-12-24": "hours", "opens-2026-12-24": "10:00"}


def _several(state: FormState, asked: AskedPlan | None = None) -> str:
    return render_several(TO_PLAN, state, asked)


def _several_refused() -> str:
    wrong = {"opens-2026-12-24": [HOURS_INVALID.english]}
    note_field_errors(DomainError(INVALID_INPUT, fields=wrong))
    return _several(FormState(CHOICES, errors=wrong))


def _asked() -> AskedPlan:
    rows = [
        {
            "day": filters.day(EVE.holiday.day),
            "time": "17.00–18.00",
            "what": "Aamun pitkä lempeä jooga",
            "where": "Arcada Arabia, Sali 1",
            "booked": 14,
            "people": PeopleOfSession("", ["Aino Virtanen: the booking ends"], 1),
        }
    ]
    return AskedPlan("Arcada Arabia", ["10.00–14.00, Inventory"], rows)


STATES: Final = (
    State("holidays", "some-to-plan", partial(_list, [EVE, YEAR[-1]])),
    State("holidays", "all-planned", partial(_list, [])),
    State("holidays", "one-to-plan", lambda: render_form(EVE, FormState(values_of(EVE)))),
    State(
        "holidays",
        "what-a-plan-affects",
        lambda: render_form(EVE, FormState(values_of(EVE)), _asked()),
    ),
    State(
        "holidays",
        "refused",
        lambda: render_form(
            EVE, FormState(values_of(EVE) | {"plan": "hours"}, errors={"opens": ["?"]})
        ),
    ),
    State("holidays", "several-to-plan", lambda: _several(FormState())),
    State(
        "holidays",
        "what-several-affect",
        lambda: _several(
            FormState(CHOICES | {"closes-2026-12-24": "14:00"}),
            AskedPlan("", (), _asked().affected),
        ),
    ),
    State(
        "holidays",
        "several-refused",
        _several_refused,
    ),
    State("holidays", "none-left", lambda: render_several([], FormState())),
)
