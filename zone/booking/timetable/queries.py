"""Read the timetable of a week, and the page of one class."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import AllocationEvent
from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings.models import Booking
from zone.booking.cards.views import ClassCard, Reader, card_of
from zone.booking.closures.queries import outside_hours
from zone.booking.free_sessions import queries as free_sessions
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.resolution import Policies
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.booking.sessions.views import Names, SessionView
from zone.booking.timetable.views import (
    NEXT,
    DayHoursOf,
    Filter,
    Overlap,
    Timetable,
    timetable,
    week_of,
)
from zone.core.time import Window, day_window, helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.campuses.models import Campus
from zone.places.opening_hours.queries import CampusHours, hours_by_campus

DAY_AFTER: Final = timedelta(days=1)
"""Read together with the week: a Sunday without classes names the first of Monday."""
NEXT_CLASS_WITHIN: Final = timedelta(days=21)
"""How long after that day the next class is searched for, where the day has none to name."""
FREE_WITHIN: Final = timedelta(days=3)
"""How far ahead classes are suggested to people who have booked none."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads the timetable; `member_id` None: a guest. `sees_hidden`: hidden groups too."""

    member_id: int | None
    sees_hidden: bool


def policies_for(session: Session, viewer: Viewer, now: datetime) -> Policies:
    """Return the policy in force for somebody."""
    return policies_queries.policies(session.connection(), now, viewer.member_id)


def week(
    session: Session, viewer: Viewer, chosen: date, asked: Filter, now: datetime
) -> tuple[Timetable, Policies]:
    """Return the week of a day, filtered as asked for, and the policy in force."""
    policies = policies_for(session, viewer, now)
    days = week_of(chosen)
    start, end = day_window(days[0])[0], day_window(days[-1] + DAY_AFTER)[1]
    cards = _cards(session, viewer, (start, end), policies, now)
    campuses = campuses_queries.campuses(session)
    hours = hours_by_campus(session, days[0], days[-1])
    shown = timetable(
        chosen,
        asked,
        cards,
        lambda: _cards(session, viewer, (end, end + NEXT_CLASS_WITHIN), policies, now),
        [_hours(campus.code, hours.get(campus.id, CampusHours())) for campus in campuses],
        [(campus.code, campus.name) for campus in campuses],
    )
    return shown, policies


def _hours(code: str, hours: CampusHours) -> DayHoursOf:
    return DayHoursOf(code, hours.week, hours.exceptions, hours.reasons)


def _cards(
    session: Session, viewer: Viewer, window: Window, policies: Policies, now: datetime
) -> Sequence[ClassCard]:
    views = sessions_queries.sessions(
        session, window, member_id=viewer.member_id, sees_hidden=viewer.sees_hidden
    )
    reader = reader_of(session, viewer.member_id, now)
    reader = replace(reader, booked=[view for view in views if view.booking])
    return [card_of(view, reader, policies, now) for view in views]


def reader_of(session: Session, member_id: int | None, now: datetime) -> Reader:
    """Return what a person holds and may book, which decides what cards offer them."""
    if member_id is None:
        return Reader(None)
    connection = session.connection()
    booker = bookings_context.booker_state(connection, member_id, now)
    return Reader(booker, queues=len(booker.waits))


def one_card(
    session: Session, viewer: Viewer, class_session: uuid.UUID, place: str, now: datetime
) -> tuple[ClassCard, Policies]:
    """Return the card of one class as it is now, and the policy in force.

    `place` is that of `ClassCard`: the list in which the card stands.

    Raises:
        DomainError: not_found.
    """
    policies = policies_for(session, viewer, now)
    view = public_view(session, viewer, class_session)
    return card_of(view, reader_of(session, viewer.member_id, now), policies, now, place), policies


def has_booking_on(
    session: Session, viewer: Viewer, day: date, policies: Policies, now: datetime
) -> bool:
    """Return whether a reader has booked a class of this day that is still to come."""
    views = sessions_queries.sessions(
        session, day_window(day), member_id=viewer.member_id, sees_hidden=viewer.sees_hidden
    )
    return any(view.status(policies, now) == "booked" for view in views)


def public_view(session: Session, viewer: Viewer, class_session: uuid.UUID) -> SessionView:
    """Return one class as somebody sees it.

    Raises:
        DomainError: not_found.
    """
    return sessions_queries.session_view(
        session, class_session, member_id=viewer.member_id, sees_hidden=viewer.sees_hidden
    )


def own_view(session: Session, class_session: uuid.UUID, member_id: int) -> SessionView:
    """Return one class as a person sees it; hidden ones where they have booked or wait.

    Raises:
        DomainError: not_found.
    """
    return sessions_queries.session_view(session, class_session, member_id=member_id)


@dataclass(frozen=True, slots=True)
class ClassPage:
    """One class and what belongs to it; `closed`: its campus is, at that time.

    `arrive`: when to come to its doors. `like`: what else can be booked, where the class cannot.
    `overlap`: the reader's booking at the same time. `why_cancelled` is for those who had booked.
    `late_cost`: whether it is a mark to cancel the reader's booking now; None: it is not late.
    """

    card: ClassCard
    policies: Policies
    description: Names
    bring: Names
    closed: bool
    arrive: Window
    back: str
    street: str | None = None
    map_url: str | None = None
    like: Sequence[ClassCard] = ()
    overlap: Overlap | None = None
    why_cancelled: str | None = None
    late_cost: bool | None = None

    @property
    def view(self) -> SessionView:
        return self.card.view


def class_page(
    session: Session, viewer: Viewer, class_session: uuid.UUID, now: datetime
) -> ClassPage:
    """Return what the page of a class shows.

    Raises:
        DomainError: not_found.
    """
    card, policies = one_card(session, viewer, class_session, "c", now)
    row = sessions_queries.session_row(session, class_session)
    campus = _campus_of(session, card.view.campus)
    description, bring = sessions_queries.about(session, class_session)
    return ClassPage(
        card,
        policies,
        description,
        bring,
        closed=row.state == "scheduled" and bool(outside_hours(session, [row])),
        arrive=(row.starts_at - ARRIVE_BEFORE, row.starts_at + ARRIVE_AFTER),
        back=Filter().address(helsinki_date(row.starts_at)),
        street=_street(campus),
        map_url=campuses_queries.map_of(campus) if campus else None,
        like=_free_like(session, viewer, card, policies, now),
        overlap=_overlap(session, viewer, card, now) if card.obstacle == "overlap" else None,
        why_cancelled=_why_cancelled(session, viewer, row),
        late_cost=_late_cost(session, card, now),
    )


def _late_cost(session: Session, card: ClassCard, now: datetime) -> bool | None:
    booking = card.view.booking
    if card.status != "booked" or card.act or booking is None or now >= card.view.starts_at:
        return None
    return bool(marks_queries.scarce_among(session, [booking], now))


def _campus_of(session: Session, code: str | None) -> Campus | None:
    return campuses_queries.campus_by_code(session, code) if code else None


def _street(campus: Campus | None) -> str | None:
    if campus is None or campus.street is None:
        return None
    return f"{campus.street}, {campus.postal_code} {campus.city}"


def _free_like(
    session: Session, viewer: Viewer, card: ClassCard, policies: Policies, now: datetime
) -> Sequence[ClassCard]:
    if viewer.member_id is None or card.status not in ("full", "queued", "cancelled"):
        return []
    check = bookings_context.check_booking(
        session.connection(),
        member_id=viewer.member_id,
        class_session=card.view.id,
        now=now,
        sees_hidden=True,
    )
    free = free_sessions.alternatives(session.connection(), check, now)
    reader = Reader(check.booker)
    return [card_of(view, reader, policies, now, "n") for view in free]


def _overlap(session: Session, viewer: Viewer, card: ClassCard, now: datetime) -> Overlap | None:
    if viewer.member_id is None:
        return None
    view = card.view
    return next(
        (
            Overlap(
                held.id,
                held.session.name,
                held.session.starts_at,
                held.session.ends_at,
                now <= held.cancel_until,
            )
            for held in bookings_queries.bookings(session, viewer.member_id, now)
            if held.state == "booked"
            and held.session.starts_at < view.ends_at
            and view.starts_at < held.session.ends_at
        ),
        None,
    )


def _why_cancelled(session: Session, viewer: Viewer, row: ClassSession) -> str | None:
    """Return the reason, for those who had booked: it was written for them."""
    if row.state != "cancelled" or viewer.member_id is None:
        return None
    return session.scalar(
        select(AllocationEvent.reason)
        .join(Booking, Booking.session_id == AllocationEvent.allocation_id)
        .where(
            AllocationEvent.allocation_id == row.id,
            AllocationEvent.kind == "cancelled",
            Booking.member_id == viewer.member_id,
        )
        .order_by(AllocationEvent.id.desc())
        .limit(1)
    )


def next_free(session: Session, viewer: Viewer, now: datetime) -> Sequence[ClassCard]:
    """Return the next classes that somebody can book now."""
    policies = policies_for(session, viewer, now)
    cards = _cards(session, viewer, (now, now + FREE_WITHIN), policies, now)
    free = (replace(card, place="n") for card in cards if card.act == "book")
    return list(islice(free, NEXT))


def free_instead(
    session: Session, member_id: int, class_session: uuid.UUID, now: datetime
) -> SessionView | None:
    """Return the next class like another one that a person can book now."""
    connection = session.connection()
    check = bookings_context.check_booking(
        connection, member_id=member_id, class_session=class_session, now=now, sees_hidden=True
    )
    return next(iter(free_sessions.alternatives(connection, check, now, most=1)), None)
