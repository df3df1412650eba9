"""The states of the page of ordinary hours, from invented values."""

from datetime import date, time
from functools import partial
from typing import Final

from zone.booking.ordinary_hours.pages import Week, hours_page
from zone.booking.ordinary_hours.views import HoursToCome
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
CAMPUSES: Final = {"myllypuro": "Metropolia Myllypuro", "pasila": "Haaga-Helia Pasila"}
DAY: Final = (time(7), time(22))
WEEK: Final[Week] = [*((weekday, [DAY]) for weekday in range(1, 6)), (6, [(time(9), time(18))])]
NO_WEEK: Final[Week] = [(weekday, []) for weekday in range(1, 8)]
SPLIT: Final[Week] = [*WEEK, (7, [(time(9), time(12)), (time(15), time(19))])]
SUMMER: Final = HoursToCome((1, 2, 3), (time(8), time(16)), date(2027, 6, 1), date(2027, 8, 31))
LATER: Final = HoursToCome((7,), (time(10), time(16)), date(2027, 1, 10), None)
TYPED: Final = FormState({"campus": "pasila", "weekdays": ["1", "2"], "opens": "08:00"})

STATES: Final = (
    State("hours", "no-campus", partial(hours_page, {}, None, [], [], FormState(), TODAY)),
    State("hours", "none-yet", partial(hours_page, CAMPUSES, "pasila", NO_WEEK, [], TYPED, TODAY)),
    State(
        "hours",
        "usual-week",
        partial(
            hours_page, CAMPUSES, "myllypuro", [*WEEK, (7, [])], [], FormState(), TODAY, done="set"
        ),
    ),
    State(
        "hours",
        "known-changes",
        partial(hours_page, CAMPUSES, "myllypuro", SPLIT, [LATER, SUMMER], FormState(), TODAY),
    ),
)
