"""What the pages of public holidays show. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from zone.places.holidays.queries import PlannedHoliday


@dataclass(frozen=True, slots=True)
class PlanLine:
    """The campuses that plan a holiday alike, as a tag; `reason` where it is not the holiday."""

    kind: str
    icon: str
    text: str
    campuses: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """A holiday of the list. `href` is where it is planned; None: it is over."""

    day: date
    name: str
    is_eve: bool
    href: str | None
    lines: Sequence[PlanLine]


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """What to see before a plan holds: of which campuses, what it replaces and leaves outside.

    `dropped`: the ordinary hours take the place of others; `same_hours`: only the reason changes.
    """

    campuses: str
    current: Sequence[str] = ()
    affected: Sequence[Mapping[str, object]] = ()
    same_hours: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class HolidayChoice:
    """A holiday of the form that plans several; `campuses` are those without a plan."""

    day: date
    name: str
    is_eve: bool
    campuses: str
    plan: str
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class YearChip:
    """A link to another year."""

    year: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class HolidaysPage:
    """The holidays of a year. `unplanned` are those of the next weeks to decide about, `left` says
    how many there are of the next year.
    """

    years: Sequence[YearChip]
    rows: Sequence[HolidayRow]
    unplanned: Sequence[PlannedHoliday]
    left: int
    done: str | None = None
