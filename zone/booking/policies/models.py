"""The table of the booking policy."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.policies.resolution import AFFILIATED, NAMES, PolicyScope
from zone.core.db.append_only import append_only
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows
from zone.core.time import EARLIEST


def _only(column: str, scope: PolicyScope) -> str:
    """Return the condition that rows of a kind of scope set no number that it may not have."""
    others = " AND ".join(f"{name} IS NULL" for name in NAMES if name not in scope.names)
    return f"{column} IS NULL OR ({others})"


class BookingPolicy(Base):
    """The numbers of booking of a scope, from a time on, until another row of it begins.

    The scope is an activity, the people affiliated as a group, both, or (NULL) everything. A number
    that is NULL is that of the wider scope; of everything, the default. Append-only: of two rows of
    a scope that begin at one time, the later one holds.
    """

    __tablename__ = "booking_policy"
    __table_args__ = (
        CheckConstraint(one_of_check("affiliated_as", AFFILIATED), name="affiliated_as"),
        CheckConstraint(_only("activity_id", PolicyScope(activity_id=0)), name="by_activity"),
        CheckConstraint(
            _only("affiliated_as", PolicyScope(affiliated_as="staff")), name="by_group"
        ),
        CheckConstraint("bookable_percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("marks_percent BETWEEN 0 AND 100", name="marks"),
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
        Index("ix_booking_policy_scope", "activity_id", "affiliated_as", "in_force_from"),
    )

    id: Mapped[Id]
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    affiliated_as: Mapped[str | None]
    in_force_from: Mapped[datetime] = mapped_column(default=EARLIEST)
    recorded_at: Mapped[datetime] = mapped_column(default=EARLIEST)
    opens_days: Mapped[int | None]
    closes_minutes: Mapped[int | None]
    bookable_percent: Mapped[int | None]
    open_bookings: Mapped[int | None]
    cancel_minutes: Mapped[int | None]
    marks_percent: Mapped[int | None]
    no_shows: Mapped[int | None]
    suspension_days: Mapped[int | None]
    expand_days: Mapped[int | None]
    space_step_minutes: Mapped[int | None]
    space_most_minutes: Mapped[int | None]
    queue_places: Mapped[int | None]
    promote_minutes: Mapped[int | None]
    offer_minutes: Mapped[int | None]
    remind_hours: Mapped[int | None]
    space_least_minutes: Mapped[int | None]
    space_before_minutes: Mapped[int | None]
    space_after_minutes: Mapped[int | None]
    space_open_bookings: Mapped[int | None]
    space_week_bookings: Mapped[int | None]
    # Of the scope: grows with each of its rows.
    version: Mapped[int] = mapped_column(default=1, server_default="1")


append_only(BookingPolicy)
record_rows(BookingPolicy, "activity_id", "affiliated_as", "in_force_from", *NAMES, version=3)
