"""The state of classes as it is stored, and as the model has it, in the same shape."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.booking_model import ClassModel
from zone.booking.allocations.models import Allocation
from zone.booking.booking_bans.models import BookingBan
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings.models import Booking
from zone.booking.waitlist.models import QueueEntry
from zone.core.mail.models import OutboxMail


@dataclass
class ClassState:
    """A class: its counter, who has booked until when they may give it back, and who waits.

    `booked` holds (person, until, whether they missed it), `queue` (person, until when a place is
    kept for them).
    """

    cancelled: bool
    counter: int
    places: int
    booked: set[tuple[int, datetime | None, bool]] = field(default_factory=set)
    queue: list[tuple[int, datetime | None]] = field(default_factory=list)


def stored_classes(session: Session, ids: Sequence[int], people: Sequence[int]) -> list[ClassState]:
    """Return the stored state of these classes, with each person by their place in `people`."""
    number = {member: n for n, member in enumerate(people)}
    rows = session.execute(
        select(Allocation.id, Allocation.state, Allocation.booked, Allocation.bookable).where(
            Allocation.id.in_(ids)
        )
    )
    found = {row.id: ClassState(row.state == "cancelled", row.booked, row.bookable) for row in rows}
    live = select(Booking.session_id, Booking.member_id, Booking.cancel_until, Booking.state)
    for id_, member, until, state in session.execute(live.where(Booking.state != "cancelled")):
        found[id_].booked.add((number[member or 0], until, state == "no_show"))
    queue = select(QueueEntry.session_id, QueueEntry.member_id, QueueEntry.offered_until).where(
        QueueEntry.state.in_(("waiting", "offered"))
    )
    for id_, member, until in session.execute(queue.order_by(QueueEntry.rank)):
        found[id_].queue.append((number[member or 0], until))
    return [found[id_] for id_ in ids]


def modelled_class(one: ClassModel) -> ClassState:
    return ClassState(
        one.cancelled,
        one.taken,
        one.places,
        {(person, held.until, held.missed) for person, held in one.booked.items()},
        [(place.person, place.offered_until) for place in one.queue],
    )


def stored_bans(session: Session, people: Sequence[int], now: datetime) -> list[datetime | None]:
    """Return until when each person is banned. Few ever were, so the others are not asked."""
    ever = set(session.scalars(select(BookingBan.member_id).distinct()))
    return [banned_until(session, one, now) if one in ever else None for one in people]


def mails_by_template(session: Session) -> Counter[str]:
    rows = session.execute(select(OutboxMail.template, func.count()).group_by(OutboxMail.template))
    return Counter(dict(rows.all()))
