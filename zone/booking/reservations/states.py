"""The states of the page of courts, from invented values."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from zone.booking.allocations import errors as allocations_errors
from zone.booking.allocations.rules import slices
from zone.booking.bookings import errors as bookings_errors
from zone.booking.policies.rules import Policy
from zone.booking.reservations import errors, grid, views
from zone.booking.reservations.grid import OwnReservation, Wanted
from zone.booking.reservations.pages import render_page
from zone.booking.reservations.rules import Court, LimitReached, ReservationRequest, SpaceRules
from zone.booking.reservations.views import (
    BookingSheet,
    CampusChoice,
    CampusGrids,
    Chosen,
    CourtDay,
    CourtsPage,
    court_time,
)
from zone.core.errors import ErrorCode
from zone.core.time import Window, from_helsinki
from zone.web.language import language
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
CLOSED: Final = date(2026, 12, 6)
CAMPUSES: Final = (("pasila", "Haaga-Helia Pasila", 4), ("myllypuro", "Metropolia Myllypuro", 9))
TAKEN: Final = (
    (((15, 16), (17, 18), (19, 20))),
    ((15, 16.5), (17.5, 18.5), (20.5, 21.5)),
    ((17, 18), (18, 20), (21, 22)),
    ((15, 17), (17, 19), (20.5, 21.5)),
)
"""Hours at which the courts are taken, by court."""


def _at(hours: float, day: date = TODAY) -> datetime:
    return from_helsinki(day, time(int(hours), int(hours % 1 * 60)))


def invented_court(
    number: int, *, companions: int = 1, step: int = 30, full: bool = False
) -> Court:
    """Return a badminton court in Pasila that is taken at some hours, or at all."""
    spans: Sequence[tuple[float, float]] = [(15, 22)] if full else TAKEN[(number - 1) % len(TAKEN)]
    runs = [slices(_at(start), _at(end)) for start, end in spans]
    return Court(
        id=number,
        public_id=UUID(int=number),
        campus="pasila",
        campus_name="Haaga-Helia Pasila",
        name={
            "fi": f"Sulkapallokenttä {number}",
            "sv": f"Badmintonbana {number}",
            "en": f"Badminton court {number}",
        },
        rules=SpaceRules(step, step, 120, 0, 0, companions),
        windows=[(_at(15), _at(22))],
        busy=[(run.start, run.stop) for run in runs],
    )


OWN: Final = OwnReservation(UUID(int=99), UUID(int=3), "pasila", _at(17), _at(18))


def _page(
    courts: Sequence[Court] = (),
    *,
    chosen: Chosen | None = None,
    sheet: BookingSheet | None = None,
    lengths: Sequence[int] = (30, 60, 90, 120),
    **more: object,
) -> str:
    chosen = chosen or Chosen(TODAY, "pasila", 60)
    courts = courts or [invented_court(number) for number in range(1, 5)]
    wanted = Wanted(
        TODAY,
        chosen.minutes,
        lambda start: start.hour > 0,
        [OWN],
        sheet.requested if sheet and sheet.free else None,
    )
    side_by_side, others = views.length_choices(chosen, lengths)
    values: dict[str, object] = {
        "grids": [CampusGrids(CAMPUSES[0][1], [(_at(7), _at(22))], grid.lay_out(courts, wanted))]
    }
    return render_page(
        CourtsPage(
            chosen=chosen,
            today=TODAY,
            days=[
                CourtDay(day, chosen.address(day=day), day == TODAY, day == CLOSED)
                for day in (TODAY + timedelta(days=n) for n in range(8))
            ],
            campuses=[
                *(
                    CampusChoice(name, spaces, chosen.address(campus=code), code == chosen.campus)
                    for code, name, spaces in CAMPUSES
                ),
                CampusChoice(None, 13, chosen.address(campus=views.ALL), False),
            ],
            lengths=side_by_side,
            more_lengths=others,
            policy=Policy(),
            sheet=sheet,
            **values | more,  # type: ignore[arg-type]  # each state names its own fields
        )
    )


def _sheet(
    *reasons: ErrorCode,
    at: float = 18.5,
    free: bool = True,
    tried: bool = False,
    companions: int = 1,
    signed_in: bool = True,
    instead: Sequence[tuple[int, float]] = (),
    limit: LimitReached | None = None,
) -> BookingSheet:
    court, start = invented_court(2, companions=companions), _at(at)
    params = {"companions": 1, "space_open": 2, "space_week": 3, "minutes": 30, "days": 7}
    return BookingSheet(
        time=court_time(court, start, 60),
        requested=ReservationRequest(court.public_id, start, 60),
        free=free,
        reasons=[code.text(language(), params) for code in reasons],
        remedy=views.remedy_of(reasons),
        limit=limit,
        alternatives=[court_time(invented_court(n), _at(hour), 60) for n, hour in instead],
        cancel_until=start - timedelta(hours=2),
        now=_at(16),
        tried=tried,
        signed_in=signed_in,
    )


def _with_sheet(*reasons: ErrorCode, **more: object) -> str:
    return _page(sheet=_sheet(*reasons, **more))  # type: ignore[arg-type]  # as `_sheet` takes them


def _full() -> str:
    courts = [invented_court(number, full=True) for number in range(1, 5)]
    later = court_time(invented_court(1), _at(7, TODAY + timedelta(days=1)), 60)
    return _page(courts, later=later)


def _closed() -> str:
    later = court_time(invented_court(1), _at(7, date(2026, 12, 7)), 60)
    empty = [CampusGrids(CAMPUSES[0][1], list[Window](), [])]
    return _page(
        chosen=Chosen(CLOSED, "pasila", 60), grids=empty, closed="Independence Day", later=later
    )


def _too_early() -> str:
    empty = [CampusGrids(CAMPUSES[0][1], list[Window](), [])]
    return _page(chosen=Chosen(date(2026, 12, 20), "pasila", 60), grids=empty)


def _fine() -> str:
    courts = [invented_court(number, step=5 if number % 2 else 20) for number in range(1, 8)]
    return _page(courts, lengths=range(5, 121, 5))


_WEEK: Final = LimitReached("week", 3, _at(0, date(2026, 12, 7)))
_OPEN: Final = LimitReached("open", 2, _at(18, date(2026, 12, 3)))
_INSTEAD: Final = ((4, 19), (2, 19.5), (1, 20))

STATES: Final = (
    State("courts", "a-day", lambda: _page(longer=court_time(invented_court(1), _at(20), 90))),
    State("courts", "chosen", _with_sheet),
    State("courts", "chosen-by-a-guest", partial(_with_sheet, signed_in=False)),
    State("courts", "chosen-without-companions", partial(_with_sheet, companions=0)),
    State(
        "courts",
        "taken-a-moment-ago",
        partial(
            _with_sheet,
            allocations_errors.SPACE_TAKEN,
            at=17.5,
            free=False,
            tried=True,
            instead=_INSTEAD,
        ),
    ),
    State("courts", "not-free", partial(_with_sheet, at=17.5, free=False, signed_in=False)),
    State("courts", "without-a-pass", partial(_with_sheet, bookings_errors.NO_RIGHT)),
    State("courts", "week-is-full", partial(_with_sheet, errors.SPACE_WEEK_FULL, limit=_WEEK)),
    State(
        "courts",
        "too-many-to-come",
        partial(_with_sheet, errors.TOO_MANY_SPACE_BOOKINGS, limit=_OPEN),
    ),
    State("courts", "limit-before-choosing", lambda: _page(limit=_WEEK)),
    State(
        "courts",
        "outside-opening-hours",
        partial(_with_sheet, errors.PLACE_CLOSED, at=22, free=False, instead=_INSTEAD),
    ),
    State("courts", "none-free", _full),
    State("courts", "closed-day", _closed),
    State("courts", "not-open-yet", _too_early),
    State("courts", "many-courts-of-other-steps", _fine),
)
