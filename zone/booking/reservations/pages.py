"""The pages of courts: a day with its grid and the sheet of a chosen time, and the confirmation.

Links choose, and the form of the sheet books; usable without JavaScript.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.attendance_marks.queries import scarce_among
from zone.booking.bookings import queries as bookings_queries
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context, grid, queries, rules, service, views
from zone.booking.reservations.context import Courts
from zone.booking.reservations.queries import OwnReservations
from zone.booking.reservations.rules import Court, ReservationRequest
from zone.booking.reservations.views import (
    BookingSheet,
    CampusChoice,
    CampusGrids,
    Chosen,
    CourtDay,
    CourtsPage,
    CourtTime,
    court_time,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, helsinki_date, parse_day, parse_instant
from zone.places.opening_hours.queries import CampusHours, hours_by_campus
from zone.places.opening_hours.rules import openings_on
from zone.places.spaces.queries import ReservableCampus, reservable_campuses
from zone.web import one_time
from zone.web.auth import current_actor, may, public, reader_id, reader_may
from zone.web.kept_form import is_shown_again, not_stored_yet, shows_again
from zone.web.language import language
from zone.web.problems import refusal_messages
from zone.web.read_connection import read_connection

pages: Final = Blueprint("booking_reservations_pages", __name__, template_folder="templates")
USUAL_MINUTES: Final = 60
MOST_COMPANIONS: Final = 99
"""More than any court allows."""


@pages.get("/courts")
@public
def day_page() -> str:
    """Show what is free on a day, for the chosen length."""
    now = utc_now()
    own, places = _own(now), reservable_campuses(read_connection())
    day = _day(request.args.get("day"), helsinki_date(now))
    campus = request.args.get("campus") or _usual_campus(places, own)
    courts = context.courts_of_campus(
        read_connection(), [day], _policy(now), "" if campus == views.ALL else campus
    )
    minutes = views.nearest_length(_lengths(courts.courts), _minutes(request.args.get("minutes")))
    return render_page(_page(Chosen(day, campus, minutes), courts, places, own, now))


def render_page(page: CourtsPage) -> str:
    """Show the page of courts."""
    return render_template(
        "booking/reservations/courts.html",
        page=page,
        companions=_companion_options(page.sheet.companions) if page.sheet else [],
        block_href=views.block_href,
        holders_href=views.holders_href,
        names_holders=reader_may(Permission.DESK_USE),
        shared_words=views.shared_words,
        split_name=views.split_name,
    )


def _own(now: datetime) -> OwnReservations:
    reader = reader_id()
    if reader is None:
        return OwnReservations()
    return queries.own_bookings(read_connection(), reader, now)


def _usual_campus(places: Sequence[ReservableCampus], own: OwnReservations) -> str:
    """Return the campus of the reader's latest reservation, else the first by name."""
    codes = [place.code for place in places]
    used = [one.campus for one in own.courts if one.campus in codes]
    return used[-1] if used else next(iter(codes), views.ALL)


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
    """Return what was typed as a number, at most 9999; `otherwise` where it is none."""
    # Cut before `int`, which raises ValueError for more than 4300 digits.
    return (
        min(int(typed.lstrip("0")[:5] or 0), 9999)
        if typed and typed.isascii() and typed.isdigit()
        else otherwise
    )


def _policy(now: datetime) -> Policy:
    return policies_queries.policies(read_connection(), now, reader_id()).of()


def _lengths(courts: Iterable[Court]) -> list[int]:
    return sorted({length for court in courts for length in court.rules.lengths})


def _page(
    chosen: Chosen,
    courts: Courts,
    places: Sequence[ReservableCampus],
    own: OwnReservations,
    now: datetime,
    sheet: BookingSheet | None = None,
) -> CourtsPage:
    days = rules.bookable_days(courts.policy, now)
    shown = [place for place in places if chosen.campus in (place.code, views.ALL)]
    with Session(read_connection()) as session:
        every = hours_by_campus(session, min(*days, chosen.day), max(*days, chosen.day))
    hours = {place.name: every.get(place.id, CampusHours()) for place in shown}
    lengths = _lengths(courts.courts)
    side_by_side, more = views.length_choices(chosen, lengths)
    any_free = any(courts.free(now, chosen.minutes).values())
    longer = next((length for length in lengths if length > chosen.minutes), None)
    wanted = grid.Wanted(
        chosen.day,
        chosen.minutes,
        rules.bookable_now(courts.policy, now),
        own.courts,
        sheet.requested if sheet and sheet.free else None,
    )
    return CourtsPage(
        chosen=chosen,
        today=helsinki_date(now),
        days=_days(chosen, rules.days_around(days, chosen.day), own, hours),
        campuses=_campus_choices(chosen, places),
        lengths=side_by_side,
        more_lengths=more,
        grids=_grids(courts.courts, hours, wanted),
        policy=courts.policy,
        later=None if any_free else _next_free(chosen, courts.policy, now),
        longer=_court_time(courts.first_free(now, longer), longer) if any_free and longer else None,
        closed=_reason(hours, chosen.day) if _is_shut(hours, chosen.day) else None,
        limit=rules.limit_reached(own.windows, courts.policy, chosen.day, now)
        if reader_id() is not None
        else None,
        sheet=sheet,
    )


def _days(
    chosen: Chosen, days: Iterable[date], own: OwnReservations, hours: dict[str, CampusHours]
) -> list[CourtDay]:
    return [
        CourtDay(day, chosen.address(day=day), day in own.days, _is_shut(hours, day))
        for day in days
    ]


def _grids(
    courts: Iterable[Court], hours: dict[str, CampusHours], wanted: grid.Wanted
) -> list[CampusGrids]:
    """Return a grid for each campus; `courts` are in the order of campuses."""
    return [
        CampusGrids(
            name,
            _openings(hours[name], wanted.day) if name in hours else [],
            grid.lay_out(list(group), wanted),
        )
        for name, group in groupby(courts, key=lambda court: court.campus_name)
    ]


def _campus_choices(chosen: Chosen, places: Sequence[ReservableCampus]) -> list[CampusChoice]:
    everything = [(None, sum(place.spaces for place in places), views.ALL)]
    return [
        CampusChoice(name, spaces, chosen.address(campus=code), code == chosen.campus)
        for name, spaces, code in [
            *((place.name, place.spaces, place.code) for place in places),
            *(everything if len(places) > 1 else []),
        ]
    ]


def _openings(hours: CampusHours, day: date) -> list[tuple[datetime, datetime]]:
    return openings_on(day, hours.week, hours.exceptions)


def _is_shut(hours: dict[str, CampusHours], day: date) -> bool:
    """Return whether every campus that is shown is closed on a day."""
    return bool(hours) and not any(_openings(one, day) for one in hours.values())


def _reason(hours: dict[str, CampusHours], day: date) -> str:
    """Return why the campuses are closed, in the reader's language; "" where nobody has said it."""
    return next((one.reasons[day][language()] for one in hours.values() if day in one.reasons), "")


def _next_free(chosen: Chosen, policy: Policy, now: datetime) -> CourtTime | None:
    """Return the next free time at the chosen campus; where it has none, at any."""
    for campus in dict.fromkeys(["" if chosen.campus == views.ALL else chosen.campus, ""]):
        found = queries.next_free(
            read_connection(), chosen.day, policy, campus, chosen.minutes, now
        )
        if found:
            return _court_time(found, chosen.minutes)
    return None


def _court_time(found: tuple[Court, rules.FreeStart] | None, minutes: int) -> CourtTime | None:
    return court_time(found[0], found[1].starts_at, minutes) if found else None


@pages.get("/courts/<uuid:space>")
@public
def slot_page(space: uuid.UUID) -> str | WerkzeugResponse:
    """Show the day with one time of a court chosen, and the form that reserves it.

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


def _show_slot(
    requested: ReservationRequest,
    now: datetime,
    refusal: DomainError | None,
    *,
    tried: bool = False,
    note: str = "",
) -> str:
    day = helsinki_date(requested.start)
    courts = context.courts_around(read_connection(), [day], _policy(now), requested.space)
    court = courts.court(requested.space)
    if court is None:
        raise DomainError(NOT_FOUND)
    own = _own(now)
    sheet = BookingSheet(
        time=court_time(court, requested.start, requested.minutes),
        requested=requested,
        free=requested.start
        in {start.starts_at for start in courts.free(now, requested.minutes)[court.public_id]},
        reasons=refusal_messages(refusal),
        remedy=views.remedy_of(refusal.reasons if refusal else ()),
        limit=rules.limit_reached(own.windows, courts.policy, day, now),
        alternatives=_alternatives(requested, now) if refusal else [],
        cancel_until=courts.policy.cancel_until(requested.start),
        now=now,
        tried=tried,
        note=note,
        signed_in=reader_id() is not None,
    )
    places = reservable_campuses(read_connection())
    chosen = Chosen(day, court.campus, requested.minutes)
    return render_page(_page(chosen, courts, places, own, now, sheet))


def _alternatives(requested: ReservationRequest, now: datetime) -> list[CourtTime]:
    reader = reader_id()
    if reader is None:
        return []
    free = queries.alternatives(read_connection(), member_id=reader, requested=requested, now=now)
    return [court_time(court, start, requested.minutes) for court, start in free]


def _companion_options(most: int) -> list[tuple[int, str]]:
    """Return (number, text) for each allowed number of companions; empty where none is allowed."""
    if not most:
        return []
    return [
        (0, _("I come alone")),
        *(
            (number, ngettext("%(num)s companion", "%(num)s companions", number))
            for number in range(1, most + 1)
        ),
    ]


@pages.post("/courts/<uuid:space>/book")
@may(Permission.OWN_ACCOUNT)
@shows_again
def book(space: uuid.UUID) -> WerkzeugResponse:
    """Reserve a court; a second tap leads to the same booking.

    A refusal shows every reason and what else is free.
    """
    form = request.form
    # Other text becomes a number that the rules refuse: nothing is booked that was not asked for.
    requested = _requested(
        space,
        form.get("start"),
        _number(form.get("minutes")),
        _number(form.get("companions", "0"), MOST_COMPANIONS),
    )
    if requested is None:
        return redirect(url_for("booking_reservations_pages.day_page"), 303)
    member_id, now = current_actor().id, utc_now()
    if is_shown_again(request):
        refused = _refusal(member_id, requested, now)
        return Response(
            _show_slot(requested, now, refused, note=not_stored_yet()), mimetype="text/html"
        )
    try:
        with writing() as session:
            booking = service.book_space(
                session, member_id=member_id, requested=requested, now=now
            ).public_id
    except DomainError as refusal:
        existing = queries.existing_reservation(read_connection(), member_id, requested)
        if existing is None:
            return Response(
                _show_slot(requested, now, refusal, tried=True),
                refusal.status,
                mimetype="text/html",
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
        view = bookings_queries.booking_view(session, current_actor().id, booking, now)
        costs = view.may_cancel_late(now) and bool(scarce_among(session, [booking], now))
    if not view.is_court:
        raise DomainError(NOT_FOUND)
    return render_template(
        "booking/reservations/court_booked.html",
        booking=view,
        done=one_time.done() is not None,
        view=view.session,
        cancel_until=view.cancel_until,
        may_cancel=view.may_cancel(now),
        may_cancel_late=view.may_cancel_late(now),
        costs=costs,
    )
