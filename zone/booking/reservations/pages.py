"""The pages of courts: the times of a day, one time of a court, and the confirmation.

Usable without JavaScript.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.bookings import queries as bookings_queries
from zone.booking.policies.rules import TAKE_BACK
from zone.booking.reservations import context, queries, rules, service
from zone.booking.reservations.context import Courts
from zone.booking.reservations.rules import Court, FreeStart, ReservationRequest, starts_on
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, helsinki_date, parse_day, parse_instant
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import reservable_campuses
from zone.web import one_time
from zone.web.auth import current_actor, may, public, reader_id
from zone.web.filters import clock
from zone.web.problems import refusal_messages
from zone.web.read_connection import read_connection

pages: Final = Blueprint("booking_reservations_pages", __name__, template_folder="templates")
USUAL_MINUTES: Final = 60
MOST_COMPANIONS: Final = 99
"""More than any court allows."""


@dataclass(frozen=True, slots=True)
class CourtCell:
    """A court at a time: `href` when it is free; `off` when the court has no start then."""

    court: Court
    href: str | None
    off: bool


@dataclass(frozen=True, slots=True)
class CourtRow:
    """One time of the day at all courts of a campus."""

    starts_at: datetime
    clock: str
    cells: Sequence[CourtCell]

    @property
    def free(self) -> bool:
        return any(cell.href for cell in self.cells)


@dataclass(frozen=True, slots=True)
class CourtGrid:
    """Times × courts of a campus on a day."""

    campus_name: str
    courts: Sequence[Court]
    rows: Sequence[CourtRow]


@pages.get("/courts")
@public
def day_page() -> str:
    """What is free on a day, for the chosen length."""
    now = utc_now()
    today, campus = helsinki_date(now), request.args.get("campus", "")
    day, minutes = _day(request.args.get("day"), today), _minutes(request.args.get("minutes"))
    courts = context.courts_of_campus(read_connection(), [day], campus)
    days = rules.bookable_days(courts.policy, now)
    free, bookable = courts.free(now, minutes), rules.bookable_now(courts.policy, now)
    later = (
        None
        if any(free.values())
        else queries.next_free(read_connection(), day, campus, minutes, now)
    )
    return render_template(
        "booking/reservations/courts.html",
        day=day,
        today=today,
        days=rules.days_around(days, day),
        last_day=days[-1],
        campus=campus,
        campuses=[("", _("All campuses")), *reservable_campuses(read_connection())],
        minutes=minutes,
        lengths=[
            (length, _("%(minutes)s min", minutes=length)) for length in _lengths(courts.courts)
        ],
        policy=courts.policy,
        grids=[_grid(group, free, day, minutes, bookable) for group in _by_campus(courts)],
        later=_slot(later[0], later[1].starts_at, minutes) if later else None,
    )


def _day(text: str | None, today: date) -> date:
    try:
        chosen = parse_day(text or "")
    except ValueError:
        return today
    # Bounded: the midnight after a day in the year 9999 would overflow.
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


def _minutes(text: str | None) -> int:
    minutes = _number(text)
    return minutes if 0 < minutes <= 1440 else USUAL_MINUTES


def _number(typed: str | None, otherwise: int = 0) -> int:
    """Return what was typed as a number, at most 9999."""
    # Cut before `int`, which raises ValueError for more than 4300 digits.
    return (
        min(int(typed.lstrip("0")[:5] or 0), 9999)
        if typed and typed.isascii() and typed.isdigit()
        else otherwise
    )


def _lengths(courts: Iterable[Court]) -> list[int]:
    return sorted({length for court in courts for length in court.rules.lengths} | {USUAL_MINUTES})


def _by_campus(courts: Courts) -> list[list[Court]]:
    return [list(group) for _, group in groupby(courts.courts, key=lambda court: court.campus)]


def _grid(
    group: list[Court],
    free: dict[uuid.UUID, list[FreeStart]],
    day: date,
    minutes: int,
    bookable: Callable[[datetime], bool],
) -> CourtGrid:
    free_at = {court.id: {start.starts_at for start in free[court.public_id]} for court in group}
    open_starts = {court.id: set(_open_starts(court, day, minutes, bookable)) for court in group}
    paths = {
        court.id: url_for("booking_reservations_pages.slot_page", space=court.public_id)
        for court in group
    }
    times = sorted(set().union(*open_starts.values()))
    rows = [
        CourtRow(
            start,
            clock(start),
            [
                CourtCell(
                    court,
                    _href(paths[court.id], start, minutes) if start in free_at[court.id] else None,
                    start not in open_starts[court.id],
                )
                for court in group
            ],
        )
        for start in times
    ]
    return CourtGrid(group[0].campus_name, group, rows)


def _open_starts(
    court: Court, day: date, minutes: int, bookable: Callable[[datetime], bool]
) -> Iterable[datetime]:
    """Yield the starts that may be booked by now, while the campus is open for as long: whether
    they are free or taken.
    """
    length = timedelta(minutes=minutes)
    for start in starts_on(day, court.rules.step):
        if bookable(start) and is_open(court.windows, start, start + length):
            yield start


def _href(path: str, start: datetime, minutes: int) -> str:
    return f"{path}?start={start:%Y-%m-%dT%H:%MZ}&minutes={minutes}"


@dataclass(frozen=True, slots=True)
class CourtTime:
    """A court and a time, with the address of its page."""

    court: Court
    starts_at: datetime
    ends_at: datetime
    href: str


def _slot(court: Court, start: datetime, minutes: int) -> CourtTime:
    path = url_for("booking_reservations_pages.slot_page", space=court.public_id)
    return CourtTime(court, start, start + timedelta(minutes=minutes), _href(path, start, minutes))


@pages.get("/courts/<uuid:space>")
@public
def slot_page(space: uuid.UUID) -> str | WerkzeugResponse:
    """One time of a court, with the form that reserves it.

    Without a valid time: the page of the day.
    """
    requested = _requested(
        space, request.args.get("start"), _minutes(request.args.get("minutes")), 0
    )
    if requested is None:
        return redirect(url_for("booking_reservations_pages.day_page"), 303)
    now, reader = utc_now(), reader_id()
    refusal = None if reader is None else _refusal(reader, requested, now)
    return _show_slot(requested, now, refusal)


def _requested(
    space: uuid.UUID, start: str | None, minutes: int, companions: int
) -> ReservationRequest | None:
    try:
        at = parse_instant(start or "")
    except ValueError:
        return None
    if at.tzinfo is None or not EARLIEST < at < LATEST:
        return None
    return ReservationRequest(space, at.astimezone(UTC), minutes, min(companions, MOST_COMPANIONS))


def _refusal(member_id: int, requested: ReservationRequest, now: datetime) -> DomainError | None:
    check = queries.check_reservation(
        read_connection(), member_id=member_id, requested=requested, now=now
    )
    return check.refusal() if check.reasons else None


def _show_slot(requested: ReservationRequest, now: datetime, refusal: DomainError | None) -> str:
    courts = context.courts_around(
        read_connection(), [helsinki_date(requested.start)], requested.space
    )
    court = courts.court(requested.space)
    if court is None:
        raise DomainError(NOT_FOUND)
    court_time = _slot(court, requested.start, requested.minutes)
    free = requested.start in {
        start.starts_at for start in courts.free(utc_now(), requested.minutes)[court.public_id]
    }
    return render_template(
        "booking/reservations/court.html",
        slot=court_time,
        requested=requested,
        policy=courts.policy,
        free=free,
        now=now,
        sign_in="/sign-in?" + urlencode({"next": court_time.href}),
        reasons=refusal_messages(refusal),
        alternatives=_alternatives(requested, now) if refusal else [],
        companions=_companion_options(court),
        cancel_until=courts.policy.cancel_until(requested.start),
        take_back=TAKE_BACK,
        day=helsinki_date(requested.start),
    )


def _alternatives(requested: ReservationRequest, now: datetime) -> list[CourtTime]:
    reader = reader_id()
    if reader is None:
        return []
    free = queries.alternatives(read_connection(), member_id=reader, requested=requested, now=now)
    return [_slot(court, start, requested.minutes) for court, start in free]


def _companion_options(court: Court) -> list[tuple[int, str]]:
    """Return (number, text) for each allowed number of companions; empty where none is allowed."""
    if not court.rules.companions:
        return []
    return [
        (0, _("I come alone")),
        *(
            (number, ngettext("%(num)s companion", "%(num)s companions", number))
            for number in range(1, court.rules.companions + 1)
        ),
    ]


@pages.post("/courts/<uuid:space>/book")
@may(Permission.OWN_ACCOUNT)
def book(space: uuid.UUID) -> WerkzeugResponse:
    """Reserve a court; a second tap leads to the same booking.

    A refusal shows every reason and what else is free.
    """
    form = request.form
    # What is no number becomes one that the rules refuse: nothing is booked that was not asked for.
    requested = _requested(
        space,
        form.get("start"),
        _number(form.get("minutes")),
        _number(form.get("companions", "0"), MOST_COMPANIONS),
    )
    if requested is None:
        return redirect(url_for("booking_reservations_pages.day_page"), 303)
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            booking = service.book_space(
                session, member_id=member_id, requested=requested, now=now
            ).public_id
    except DomainError as refusal:
        existing = queries.existing_reservation(read_connection(), member_id, requested)
        if existing is None:
            return Response(
                _show_slot(requested, now, refusal), refusal.status, mimetype="text/html"
            )
        booking = existing
    path = url_for("booking_reservations_pages.booked", booking=booking, done="booked")
    return redirect(path, 303)


@pages.get("/courts/booked/<uuid:booking>")
@may(Permission.OWN_ACCOUNT)
def booked(booking: uuid.UUID) -> str:
    """The confirmation of a reservation, with the form that cancels it."""
    now = utc_now()
    with reading() as session:
        view = bookings_queries.booking_view(session, current_actor().id, booking)
    if view.session.kind != "own_use":
        raise DomainError(NOT_FOUND)
    return render_template(
        "booking/reservations/court_booked.html",
        booking=view,
        done=one_time.done() is not None,
        view=view.session,
        cancel_until=view.cancel_until,
        may_cancel=view.state == "booked" and now <= view.cancel_until,
    )
