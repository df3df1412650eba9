"""Load spaces for own use with their hours, exceptions and holds of some days, in one statement."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Select,
    Time,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import Subquery

from zone.booking.allocations.models import Hold
from zone.booking.allocations.rules import slices
from zone.booking.policies.rules import Policy
from zone.booking.reservations.rules import (
    Court,
    FreeStart,
    SpaceRules,
    bookable_now,
    free_starts,
    merged,
)
from zone.core.db.prepared_select import PreparedSelect
from zone.core.time import Window, day_window, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.opening_hours.models import OpeningException, OpeningHours
from zone.places.opening_hours.rules import Hours, open_windows
from zone.places.spaces.models import Space, SpacePart

AROUND: Final = timedelta(days=1)
"""Read around the days: a reservation may run over midnight, and holds reach beyond it."""

_s, _c = Space.__table__.c, Campus.__table__.c
_part, _hold = SpacePart.__table__.c, Hold.__table__.c
_hours, _day = OpeningHours.__table__.c, OpeningException.__table__.c
_NO_NUMBER, _NO_DAY, _NO_TIME = cast(null(), Integer), cast(null(), Date), cast(null(), Time)


def _times_of(spaces: CTE) -> Subquery:
    """Return a row for each run of held slices, weekday's hours and exception of the spaces."""
    # One UNION instead of three statements: the parts have the same columns, and `row_kind` says
    # which of them a row is.
    return union_all(_held_runs(spaces), _opening_hours(spaces), _exceptions(spaces)).subquery(
        "times"
    )


def _held_runs(spaces: CTE) -> Select[*tuple[Any, ...]]:
    return (
        select(
            spaces.c.id.label("space_id"),
            literal("held").label("row_kind"),
            func.min(_hold.slice).label("first"),
            func.max(_hold.slice).label("last"),
            _NO_DAY.label("day"),
            _NO_DAY.label("until"),
            _NO_TIME.label("opens"),
            _NO_TIME.label("closes"),
        )
        .select_from(spaces)
        .join(SpacePart.__table__, _part.space_id == spaces.c.id)
        .join(Hold.__table__, _hold.part_id == _part.part_id)
        .where(_hold.slice >= bindparam("first_slice"), _hold.slice < bindparam("last_slice"))
        # One run for each session: its slices follow each other, and its parts are held for the
        # same time. `merged` joins runs that touch.
        .group_by(spaces.c.id, _hold.allocation_id)
    )


def _opening_hours(spaces: CTE) -> Select[*tuple[Any, ...]]:
    return (
        select(
            spaces.c.id,
            literal("hours"),
            _hours.weekday,
            _NO_NUMBER,
            _hours.valid_from,
            _hours.valid_until,
            _hours.opens,
            _hours.closes,
        )
        .join(spaces, spaces.c.campus_id == _hours.campus_id)
        .where(
            _hours.valid_from <= bindparam("last_day"),
            or_(_hours.valid_until.is_(None), _hours.valid_until >= bindparam("first_day")),
        )
    )


def _exceptions(spaces: CTE) -> Select[*tuple[Any, ...]]:
    return (
        select(
            spaces.c.id,
            literal("exception"),
            _NO_NUMBER,
            _NO_NUMBER,
            _day.day,
            _NO_DAY,
            _day.opens,
            _day.closes,
        )
        .join(spaces, spaces.c.campus_id == _day.campus_id)
        .where(_day.day >= bindparam("first_day"), _day.day <= bindparam("last_day"))
    )


def _select_courts(condition: ColumnElement[bool]) -> PreparedSelect:
    spaces = (
        select(_s.id, _s.campus_id)
        .select_from(Space.__table__.join(Campus.__table__, _c.id == _s.campus_id))
        .where(_s.own_use, condition)
        .cte("spaces")
    )
    times = _times_of(spaces)
    return PreparedSelect(
        select(
            _s.id,
            _s.public_id,
            _s.campus_id,
            _c.code.label("campus"),
            _c.name.label("campus_name"),
            _s.name_fi,
            _s.name_sv,
            _s.name_en,
            _s.step_minutes,
            _s.least_minutes,
            _s.most_minutes,
            _s.before_minutes,
            _s.after_minutes,
            _s.companions,
            times.c.row_kind,
            times.c.first,
            times.c.last,
            times.c.day,
            times.c.until,
            times.c.opens,
            times.c.closes,
        )
        .select_from(spaces)
        .join(Space.__table__, _s.id == spaces.c.id)
        .join(Campus.__table__, _c.id == _s.campus_id)
        .outerjoin(times, times.c.space_id == _s.id)
        # `_read` groups by space: its rows must follow each other.
        .order_by(_c.name, _c.id, _s.name_en, _s.id)
    )


_OF_CAMPUS: Final = _select_courts(or_(bindparam("campus") == "", _c.code == bindparam("campus")))
_requested = Space.__table__.alias("requested_space").c
_LIKE_SPACE: Final = _select_courts(
    and_(
        _s.campus_id
        == select(_requested.campus_id)
        .where(_requested.public_id == bindparam("space"))
        .scalar_subquery()
    )
)


@dataclass(frozen=True, slots=True)
class Courts:
    """Spaces for own use over some days, with the policy in force for the reader."""

    days: Sequence[date]
    courts: Sequence[Court]
    policy: Policy

    def free(self, now: datetime, minutes: int = 0) -> dict[uuid.UUID, list[FreeStart]]:
        """Return each space's starts that can be booked now, for `minutes` where given."""
        bookable = bookable_now(self.policy, now)
        return {
            court.public_id: list(_fitting(court, self.days, bookable, minutes))
            for court in self.courts
        }

    def first_free(self, now: datetime, minutes: int = 0) -> tuple[Court, FreeStart] | None:
        """Return the first free start; None where everything is taken or closed."""
        bookable = bookable_now(self.policy, now)
        firsts = [
            (court, start)
            for court in self.courts
            # Only the first: to find all starts of a week takes much longer than to read them.
            for start in islice(_fitting(court, self.days, bookable, minutes), 1)
        ]
        return min(firsts, key=lambda pair: pair[1].starts_at, default=None)

    def court(self, space: uuid.UUID) -> Court | None:
        """Return a space by its public id; None where it is not among them."""
        return next((court for court in self.courts if court.public_id == space), None)


def _fitting(
    court: Court, days: Iterable[date], bookable: Callable[[datetime], bool], minutes: int
) -> Iterator[FreeStart]:
    if minutes and minutes not in court.rules.lengths:
        return
    for start in free_starts(court, days, bookable):
        if minutes <= start.longest:
            yield start


def courts_of_campus(
    connection: Connection, days: Sequence[date], policy: Policy, campus: str = ""
) -> Courts:
    """Return the spaces of a campus (without: of all) on consecutive days."""
    return _read(days, policy, _OF_CAMPUS.fetch(connection, campus=campus, **_parameters(days)))


def courts_around(
    connection: Connection, days: Sequence[date], policy: Policy, space: uuid.UUID
) -> Courts:
    """Return a space with the others of its campus on consecutive days; empty if unknown."""
    return _read(days, policy, _LIKE_SPACE.fetch(connection, space=space, **_parameters(days)))


def _parameters(days: Sequence[date]) -> dict[str, object]:
    window = _window(days)
    # From the day before on: a reservation at 00:00 also holds `before` minutes of that day.
    read_slices = slices(window[0] - AROUND, window[1])
    return {
        "first_slice": read_slices.start,
        "last_slice": read_slices.stop,
        # The hours of the day before may end after midnight.
        "first_day": days[0] - AROUND,
        "last_day": helsinki_date(window[1]),
    }


def _window(days: Sequence[date]) -> Window:
    return day_window(days[0])[0], day_window(days[-1])[1] + AROUND


def _read(days: Sequence[date], policy: Policy, rows: Sequence[Any]) -> Courts:
    windows: dict[int, list[Window]] = {}
    courts = []
    for _, group in groupby(rows, key=lambda row: row.id):
        space_rows = list(group)
        if space_rows[0].campus_id not in windows:
            windows[space_rows[0].campus_id] = _open(space_rows, _window(days))
        courts.append(_court(space_rows, policy, windows[space_rows[0].campus_id]))
    return Courts(days, courts, policy)


def _open(rows: Iterable[Any], window: Window) -> list[Window]:
    rows = list(rows)
    return open_windows(
        [
            Hours(row.first, row.opens, row.closes, row.day, row.until)
            for row in rows
            if row.row_kind == "hours"
        ],
        {
            row.day: (row.opens, row.closes) if row.opens else None
            for row in rows
            if row.row_kind == "exception"
        },
        *window,
    )


def _court(rows: Sequence[Any], policy: Policy, windows: Sequence[Window]) -> Court:
    space = rows[0]
    return Court(
        id=space.id,
        public_id=space.public_id,
        campus=space.campus,
        campus_name=space.campus_name,
        name={"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
        rules=_rules(space, policy),
        windows=windows,
        # `+ 1`: max() is the last slice held, and runs are half-open.
        busy=merged((row.first, row.last + 1) for row in rows if row.row_kind == "held"),
    )


def _rules(row: Any, policy: Policy) -> SpaceRules:
    """Return the numbers of a space: its own, or the policy's."""
    own = {
        name: getattr(row, f"{name}_minutes")
        for name in ("step", "least", "most", "before", "after")
    }
    return SpaceRules(
        **{
            name: getattr(policy, f"space_{name}_minutes") if n is None else n
            for name, n in own.items()
        },
        companions=row.companions,
    )
