"""Bookings of places in sessions, and their history."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_LIVE = text("state <> 'cancelled'")


class Booking(Base):
    """A place of a person in a session.

    `companions` come along without names; the booker answers for them. `member_id` is emptied after
    the retention time; nothing else of the row changes then.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("state IN ('booked', 'cancelled', 'attended', 'no_show')", name="state"),
        CheckConstraint("companions BETWEEN 0 AND 99", name="companions"),
        # Over live rows only: after cancelling, the same person can book again.
        Index(
            "uq_booking_live",
            "session_id",
            "member_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_booking_member_state", "member_id", "state"),
        # The partial index above does not find cancelled ones, which figures of the past need.
        Index("ix_booking_session_id", "session_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(default="booked")
    companions: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # As the person was told when it was made: a stricter policy holds for later bookings only. NULL
    # in bookings of before, which go by the policy in force.
    cancel_until: Mapped[datetime | None]
    # A no-show that staff excused is no mark against the person. The audit has who and why.
    excused_at: Mapped[datetime | None]


class BookingEvent(Base):
    """A booking was made, cancelled, attended or missed.

    Append-only; the newest recorded event holds.
    """

    __tablename__ = "booking_event"
    __table_args__ = (
        CheckConstraint("kind IN ('booked', 'cancelled', 'attended', 'no_show')", name="kind"),
    )

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


# A no-show that a late entry corrects stays readable: the correction is a new event.
append_only(BookingEvent)
record_rows(
    Booking,
    "public_id",
    "session_id",
    "member_id",
    "companions",
    "created_at",
    "cancel_until",
    "excused_at",
)


keep_rows(Booking)
