"""A booking as its owner reads it. Pure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from zone.booking.activities.rules import KINDS
from zone.booking.attendance_marks.views import AttendanceMarkView
from zone.booking.sessions.views import SessionView


@dataclass(frozen=True, slots=True)
class BookingView:
    """A person's booking with its session. `state`: booked, cancelled, attended, no_show.

    `promoted`: the place came from the waitlist. `companions` come along to a reserved space.
    `cancel_until` is the last moment at which it can be, or could have been, cancelled. `excused`:
    a no-show that does not count. `map_url`: where its campus is.
    `marked`: there is a mark for it, whether or not it counts. `reason`: why it was cancelled,
    where its person did not do it; a text, or the code of an error.
    """

    id: uuid.UUID
    state: str
    session: SessionView
    promoted: bool
    companions: int
    cancel_until: datetime
    excused: bool = False
    map_url: str | None = None
    marked: bool = False
    reason: str | None = None

    @property
    def is_court(self) -> bool:
        """Whether it is a space reserved for oneself."""
        return not KINDS[self.session.kind].is_session

    def may_cancel(self, now: datetime) -> bool:
        """Whether its person can still cancel it."""
        return self.state == "booked" and now <= self.cancel_until

    def may_cancel_late(self, now: datetime) -> bool:
        """Whether its person can cancel it only late, which may be a mark."""
        return self.state == "booked" and self.cancel_until < now < self.session.starts_at


NEW_FOR: Final = timedelta(days=1)
"""How long a place from the queue stands on top: its person may not have heard of it."""
CALLED_OFF_FOR: Final = timedelta(days=3)
"""How long after its time a booking that was called off stands apart; then it is past."""
PAST_FIRST: Final = 8
"""Of what is past, these are open from the start."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that count: how many, of how many, and until when they do; None: until the next
    term begins.
    """

    count: int
    most: int
    missed: Sequence[AttendanceMarkView]
    until: date | None
    suspended_until: datetime | None = None
    suspension_days: int = 0


@dataclass(frozen=True, slots=True)
class SortedBookings:
    """The bookings of a person, as their page shows them.

    `offers` are new places from the queue that can still go to the next one. `coming` and `waiting`
    are by start, `past` newest first. `cancelled` are those to come, and those called off lately.
    """

    offers: Sequence[BookingView]
    coming: Sequence[BookingView]
    waiting: Sequence[SessionView]
    cancelled: Sequence[BookingView]
    past: Sequence[BookingView]

    @property
    def held(self) -> int:
        """How many are to come."""
        return len(self.offers) + len(self.coming)


def own_bookings(
    views: Sequence[BookingView], waiting: Sequence[SessionView], now: datetime
) -> SortedBookings:
    """Sort the bookings of a person, which are by start."""
    views = _without_repeated(views)
    coming = [one for one in views if one.state == "booked" and one.session.ends_at > now]
    offers = [one for one in coming if _is_offer(one, now)]
    cancelled = [one for one in views if one.state == "cancelled" and _stands_apart(one, now)]
    apart = {one.id for one in (*coming, *cancelled)}
    return SortedBookings(
        offers,
        [one for one in coming if one not in offers],
        waiting,
        cancelled,
        [one for one in reversed(views) if one.id not in apart],
    )


def _without_repeated(views: Sequence[BookingView]) -> list[BookingView]:
    """Return the bookings without cancelled ones of a session that the person booked again."""
    last = {view.session.id: view.id for view in views}  # in the order in which they were made
    return [view for view in views if view.state != "cancelled" or last[view.session.id] == view.id]


def _is_offer(one: BookingView, now: datetime) -> bool:
    made = one.session.booked_at
    return one.promoted and one.may_cancel(now) and made is not None and now < made + NEW_FOR


def _stands_apart(one: BookingView, now: datetime) -> bool:
    lasts = CALLED_OFF_FOR if one.reason is not None else timedelta()
    return now < one.session.ends_at + lasts
