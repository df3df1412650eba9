"""The bookings that a pause of a pass would cancel, and a pass with all that its page shows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings.context import WITH_ACTIVITY, request_of
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookingHolder, BookingRequest, may_hold
from zone.booking.bookings.views import BookingView
from zone.core.time import day_window, helsinki_date
from zone.passes.pass_changes.queries import history_of
from zone.passes.pass_rights.queries import rights_of
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.life import Days, HistoryEvent
from zone.passes.passes.queries import PassView
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campuses
from zone.places.spaces.models import Space


@dataclass(frozen=True, slots=True)
class PassPage:
    """A pass with its history, and what its holder may do with it."""

    held: PassView
    history: Sequence[HistoryEvent]
    rules: PassRules
    may_pause: bool
    pause_from: date
    next_pause: Days | None
    """The present pause, or the next one."""
    campuses: Sequence[str] = ()
    """The names of the campuses where it holds; empty: everywhere."""


def pass_page(session: Session, member_id: int, pass_id: uuid.UUID, now: datetime) -> PassPage:
    """Return a person's own pass as its page shows it.

    Raises:
        DomainError: not_found.
    """
    row = passes_queries.own_pass_row(session, member_id, pass_id)
    views = passes_queries.passes_of(session, member_id, now)
    held = next(view for view in views if view.id == pass_id)
    today = helsinki_date(now)
    rules = pass_rules(session, today)
    coming = (pause for pause in held.pauses if pause[1] >= today)
    live = held.state in ("valid", "not_yet", "paused") and not held.waits
    return PassPage(
        held,
        history_of(session, row.id),
        rules,
        live and rules.holder_pauses and len(held.pauses) < rules.pauses_most,
        max(today + timedelta(days=rules.pause_ahead), held.first_day),
        min(coming, default=None) if live else None,
        [one.name for one in campuses(session) if one.code in held.campuses],
    )


def bookings_inside(
    session: Session, member_id: int, pass_id: uuid.UUID, days: Days, now: datetime
) -> list[BookingView]:
    """Return the bookings of a person that would lose their right if the pass were paused.

    Those that another pass covers stay.
    """
    row = passes_queries.own_pass_row(session, member_id, pass_id)
    start, end = day_window(days[0])[0], day_window(days[1])[1]
    rights = rights_of(session, [member_id], now)[member_id]
    holder = BookingHolder(rights, ())
    without = BookingHolder([right for right in rights if right.pass_id != row.id], ())
    found = session.execute(
        select(Booking.public_id, Allocation, Campus.code)
        .options(WITH_ACTIVITY)
        .join(Allocation, Allocation.id == Booking.session_id)
        .outerjoin(Space, Space.id == Allocation.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .where(
            Booking.member_id == member_id,
            Booking.state == "booked",
            Allocation.state == "scheduled",
            Allocation.starts_at >= max(start, now),
            Allocation.starts_at < end,
        )
    ).all()
    lost = {
        public_id
        for public_id, allocation, campus in found
        if _rests_on_it(request_of(allocation, campus), holder, without)
    }
    views = bookings_queries.bookings(session, member_id, now) if lost else []
    return [view for view in views if view.id in lost]


def _rests_on_it(requested: BookingRequest, holder: BookingHolder, without: BookingHolder) -> bool:
    at = requested.starts_at
    return not may_hold(holder, requested, at) and bool(may_hold(without, requested, at))
