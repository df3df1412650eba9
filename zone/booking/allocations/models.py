"""What takes up a space, or a time online, and the parts of halls that it holds.

Sessions and reservations are both allocations: their tables share its key. A time and a place never
change once they are in the past, so the figures of past months stay the same.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, case
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.activities.rules import KINDS, ONLINE_KINDS, RESERVATION_KINDS
from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Allocation(Base):
    """A time in a space, or online, with its places: a session or a reservation.

    `bookable` of the `capacity` places can be booked, and `booked` are. A reservation has one
    place, of who reserved. `sequence` counts how often its time or place was changed. `version`
    grows with every change by an editor.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", tuple(KINDS)), name="kind"),
        CheckConstraint("state IN ('scheduled', 'cancelled', 'held')", name="state"),
        # An empty one would hold no slice of its space, and no key could refuse a clash.
        CheckConstraint("starts_at < ends_at", name="order"),
        # Refuses the place too many, whatever the code above it did.
        CheckConstraint("booked BETWEEN 0 AND bookable", name="places"),
        CheckConstraint("bookable BETWEEN 0 AND capacity", name="bookable"),
        # Without a space there is no campus, and the rules take every campus's pass for it.
        CheckConstraint(
            f"space_id IS NOT NULL OR {one_of_check('kind', tuple(ONLINE_KINDS))}", name="place"
        ),
        Index("ix_allocation_space_start", "space_id", "starts_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str] = mapped_column()
    # What its lists and mails call it: as its activity or its space was named then.
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    # The Helsinki day of its start.
    on_day: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    capacity: Mapped[int]
    bookable: Mapped[int]
    booked: Mapped[int] = mapped_column(default=0)
    # A copy of the newest event's kind: booking reads it at each request.
    state: Mapped[str] = mapped_column(default="scheduled")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    __mapper_args__ = {  # noqa: RUF012 -- as SQLAlchemy declares it
        "polymorphic_on": case((kind.in_(RESERVATION_KINDS), "reservation"), else_="session")
    }


class AllocationEvent(Base):
    """An allocation was scheduled, cancelled or held.

    Append-only; the newest recorded event holds.
    """

    __tablename__ = "allocation_event"
    __table_args__ = (CheckConstraint("kind IN ('scheduled', 'cancelled', 'held')", name="kind"),)

    id: Mapped[Id]
    allocation_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Hold(Base):
    """A part of a hall held for five minutes; `slice` counts them from 1970 UTC."""

    __tablename__ = "hold"
    # One table and one key for all allocations: the database refuses two holds of the same time.
    __table_args__ = (Index("uq_hold_part_slice", "part_id", "slice", unique=True),)

    id: Mapped[Id]
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    slice: Mapped[int]
    allocation_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), index=True)


# The history is what figures of past months are counted from; a correction is a new event.
append_only(AllocationEvent)
keep_rows(Allocation)
record_rows(Allocation, "kind", "space_id", "on_day", "starts_at", "ends_at", "capacity")
