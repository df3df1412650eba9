"""Gauges of bookings and waitlists."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.waitlist.models import QueueEntry
from zone.core.metrics import gauge


def booking_gauges(session: Session, now: datetime) -> Iterator[Metric]:
    """Yield the number of bookings of future sessions by state, and of people waiting."""
    booked = (
        select(Booking.state, func.count())
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Allocation.starts_at > now, Booking.state.in_(("booked", "cancelled")))
        .group_by(Booking.state)
    )
    states = {("booked",): 0, ("cancelled",): 0} | {
        (state,): count for state, count in session.execute(booked)
    }
    yield gauge(
        "zone_bookings_ahead", "Bookings of sessions that are still to start.", states, ["state"]
    )
    waiting = (
        select(func.count())
        .select_from(QueueEntry)
        .join(Allocation, Allocation.id == QueueEntry.session_id)
        .where(QueueEntry.state == "waiting", Allocation.starts_at > now)
    )
    yield gauge(
        "zone_queue_waiting",
        "People's places in the queues of those.",
        {(): session.scalar(waiting)},
    )
