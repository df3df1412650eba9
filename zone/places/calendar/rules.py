"""What is not as usual between two days: breaks, public holidays, days with other hours. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from zone.core.time import monday_of
from zone.places.holidays.rules import PlanState
from zone.places.opening_hours.rules import DayHours

A_WEEK: Final = timedelta(days=7)

Kind = Literal["break", "holiday", "other_hours"]


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """Some days, both ends included, that are not as usual at a campus.

    `names`: of a holiday, or why a day has other hours, by language. `state`: how a holiday is
    planned, None where no campus is asked about; of other hours `closed` or `hours`. `hours` are
    those of that day.
    """

    kind: Kind
    first: date
    last: date
    names: Mapping[str, str] | None = None
    state: PlanState | None = None
    hours: Sequence[DayHours] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the campus is closed, by its plan or in its ordinary week."""
        return self.state in ("closed", "shut")


def breaks(weeks: Iterable[tuple[int, int, bool]], first: date, last: date) -> list[CalendarEntry]:
    """Return the breaks of a term between two days; weeks that follow each other are one.

    `weeks`: (ISO year, ISO week, whether it is regular), in order.
    """
    spans: list[tuple[date, date]] = []
    for year, week, regular in weeks:
        monday = monday_of(year, week)
        sunday = monday + A_WEEK - timedelta(days=1)
        if regular or sunday < first or monday > last:
            continue
        if spans and spans[-1][1] + timedelta(days=1) == monday:
            spans[-1] = (spans[-1][0], sunday)
        else:
            spans.append((monday, sunday))
    return [CalendarEntry("break", max(a, first), min(b, last)) for a, b in spans]
