"""The table of the booking policy."""

from dataclasses import fields

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.policies.rules import Policy
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class BookingPolicy(Base):
    """The numbers of the booking policy, in one row; without it the defaults hold."""

    __tablename__ = "booking_policy"
    __table_args__ = (
        # The fixed id is the key on which `change_policy` says ON CONFLICT DO NOTHING: of two first
        # editors one inserts the row, and both then lock it.
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("bookable_percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint(
            # `_on_step` counts from midnight: only a step that divides the day's 1440 minutes gives
            # the same grid over midnight.
            "space_step_minutes BETWEEN 5 AND 1440 AND 1440 % space_step_minutes = 0",
            name="step",
        ),
        CheckConstraint("promote_minutes BETWEEN 0 AND 10080", name="promote"),
        CheckConstraint("offer_minutes BETWEEN 5 AND 1440", name="offer"),
        CheckConstraint("space_least_minutes BETWEEN 1 AND space_most_minutes", name="length"),
        CheckConstraint(
            # Multiples of 5, because holds are five-minute slices: 3 minutes would hold 5.
            "space_before_minutes BETWEEN 0 AND 120 AND space_before_minutes % 5 = 0 "
            "AND space_after_minutes BETWEEN 0 AND 120 AND space_after_minutes % 5 = 0",
            name="around",
        ),
    )

    id: Mapped[Id] = mapped_column(default=1)
    opens_days: Mapped[int] = mapped_column(default=Policy.opens_days)
    closes_minutes: Mapped[int] = mapped_column(default=Policy.closes_minutes)
    bookable_percent: Mapped[int] = mapped_column(default=Policy.bookable_percent)
    open_bookings: Mapped[int] = mapped_column(default=Policy.open_bookings)
    cancel_minutes: Mapped[int] = mapped_column(default=Policy.cancel_minutes)
    no_shows: Mapped[int] = mapped_column(default=Policy.no_shows)
    suspension_days: Mapped[int] = mapped_column(default=Policy.suspension_days)
    expand_days: Mapped[int] = mapped_column(default=Policy.expand_days)
    space_step_minutes: Mapped[int] = mapped_column(default=Policy.space_step_minutes)
    space_most_minutes: Mapped[int] = mapped_column(default=Policy.space_most_minutes)
    queue_places: Mapped[int] = mapped_column(default=Policy.queue_places)
    remind_hours: Mapped[int] = mapped_column(default=Policy.remind_hours)
    space_least_minutes: Mapped[int] = mapped_column(default=Policy.space_least_minutes)
    space_before_minutes: Mapped[int] = mapped_column(default=Policy.space_before_minutes)
    space_after_minutes: Mapped[int] = mapped_column(default=Policy.space_after_minutes)
    space_open_bookings: Mapped[int] = mapped_column(default=Policy.space_open_bookings)
    space_week_bookings: Mapped[int] = mapped_column(default=Policy.space_week_bookings)
    promote_minutes: Mapped[int] = mapped_column(
        default=Policy.promote_minutes, server_default=str(Policy.promote_minutes)
    )
    offer_minutes: Mapped[int] = mapped_column(
        default=Policy.offer_minutes, server_default=str(Policy.offer_minutes)
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1")


record_rows(BookingPolicy, *(field.name for field in fields(Policy)), version=2)
