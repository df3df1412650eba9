"""What the public front page shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from zone.access.busyness.queries import Busyness
from zone.access.busyness.rules import Level, UsualWeek
from zone.access.doors_out.rules import DoorsOut
from zone.access.shutdowns.queries import ShutdownView
from zone.booking.policies.resolution import Policies
from zone.booking.reservations.rules import Court
from zone.booking.sessions.views import SessionView
from zone.passes.shop.views import RolePrices
from zone.places.opening_hours.rules import OpenState

LEVELS: Final[Mapping[Level, int]] = {"quiet": 0, "some": 1, "busy": 2}
SHOWN: Final = 6
"""Of the classes that run and of those to come; the timetable shows all."""
COURT_MINUTES: Final = 60
"""A free court is one for as long as most people book it."""
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CampusToday:
    """A campus: where it is, when it is open, and how busy it is; None: nothing counts there.

    `reason`: why this day has other hours. `position`: latitude and longitude.
    `usual`: how busy it is in each hour of the week.
    """

    code: str
    name: str
    street: str | None
    place: str | None
    map_url: str | None
    state: OpenState
    reason: Mapping[str, str] | None
    busyness: Busyness | None
    position: tuple[float, float] | None = None
    usual: UsualWeek = field(default_factory=UsualWeek)

    @property
    def open_all_day(self) -> bool:
        """Whether it is open from midnight to midnight."""
        return self.state.is_open and self.state.until is None

    @property
    def counts(self) -> bool:
        """Whether its level is shown, or that there is none; of a closed campus neither is."""
        return self.state.is_open and self.busyness is not None

    @property
    def level(self) -> Level | None:
        """The level of an open campus."""
        return self.busyness.level if self.state.is_open and self.busyness else None


@dataclass(frozen=True, slots=True)
class OtherHours:
    """A day to come with other hours, at some campuses; `hours` is empty where they are closed.

    `everywhere`: at all of them.
    """

    day: date
    hours: Sequence[tuple[datetime, datetime]]
    reason: Mapping[str, str]
    campuses: Sequence[str]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class FreeCourt:
    """The next court that is free for `COURT_MINUTES`."""

    court: Court
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class FrontPage:
    """Everything on the page, as it was at `now`.

    `counted` is the minute of which people are counted. `today` are the sessions of today, also
    those that began yesterday; `later` those of the next days, where none of today has a place.
    `other_hours` are those of the next days, `later_hours` those after them. `shut` says which
    doors the desk has shut, `broken` which do not work.
    """

    now: datetime
    counted: datetime
    policies: Policies
    today: Sequence[SessionView]
    later: Sequence[SessionView]
    court: FreeCourt | None
    campuses: Sequence[CampusToday]
    other_hours: Sequence[OtherHours]
    roles: Sequence[RolePrices]
    later_hours: Sequence[OtherHours] = ()
    shut: Sequence[ShutdownView] = ()
    broken: Sequence[DoorsOut] = ()

    @property
    def on_now(self) -> Sequence[SessionView]:
        """The sessions that run, by end: who comes now has the most of the last."""
        running = [one for one in self.today if one.starts_at <= self.now < one.ends_at]
        return sorted(running, key=lambda one: one.ends_at)

    @property
    def to_come(self) -> Sequence[SessionView]:
        """The sessions of today that have not begun."""
        return [one for one in self.today if one.starts_at > self.now]

    @property
    def next_free(self) -> SessionView | None:
        """The next session with a place that can be booked now."""
        return next(
            (
                one
                for one in (*self.to_come, *self.later)
                if one.status(self.policies, self.now) == "free"
            ),
            None,
        )

    @property
    def open_campuses(self) -> Sequence[CampusToday]:
        return [campus for campus in self.campuses if campus.state.is_open]

    @property
    def opens_next(self) -> CampusToday | None:
        """Where all are closed: the campus that opens first."""
        coming = [campus for campus in self.campuses if campus.state.opens_at is not None]
        if self.open_campuses or not coming:
            return None
        return min(coming, key=lambda campus: campus.state.opens_at or self.now)

    @property
    def quietest(self) -> Sequence[CampusToday]:
        """The open campuses with the lowest level."""
        levels = {campus.code: LEVELS[campus.level] for campus in self.campuses if campus.level}
        least = min(levels.values(), default=None)
        return [campus for campus in self.campuses if levels.get(campus.code, -1) == least]

    @property
    def same_everywhere(self) -> bool:
        """Whether all open campuses have one level."""
        return len(self.quietest) == len(self.open_campuses)

    @property
    def usually(self) -> Sequence[CampusToday]:
        """The campuses of which it is known how busy they usually are."""
        return [campus for campus in self.campuses if campus.usual.levels]

    @property
    def is_counted(self) -> bool:
        """Whether the doors of any open campus count."""
        return any(campus.counts for campus in self.campuses)
