"""Sessions of activities."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zone.booking.activities.models import Activity
from zone.booking.allocations.models import Allocation
from zone.core.db.append_only import keep_rows
from zone.core.row_records.models import record_rows


class ClassSession(Allocation):
    """One session of an activity at one time: a class, a turn, an event.

    Of its places the ones that cannot be booked are for people without a booking.
    `bookable_percent` is the share by which that was counted and will be again when the capacity
    changes, whatever the policy says then. `rule_day` is the day on which its weekly class has it,
    which stays when it is moved. `live` is about online sessions: held live, not on demand.
    """

    __tablename__ = "class_session"
    __table_args__: Any = (
        # Expanding a rule again, or in two schedulers at once, creates nothing twice.
        UniqueConstraint("rule_id", "rule_day"),
        CheckConstraint("bookable_percent BETWEEN 1 AND 100", name="percent"),
    )
    __mapper_args__ = {"polymorphic_identity": "session"}  # noqa: RUF012 -- as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("session_rule.id"))
    rule_day: Mapped[date | None]
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    live: Mapped[bool] = mapped_column(default=True)
    bookable_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    activity: Mapped[Activity] = relationship(lazy="joined")

    @property
    def category(self) -> str:
        """The kind of exercise."""
        return self.activity.category

    @property
    def level(self) -> str:
        """Whom it suits."""
        return self.activity.level


record_rows(
    ClassSession,
    "rule_id",
    "rule_day",
    "instructor_id",
    "live",
    "bookable_percent",
    "activity_id",
    version=2,
)
keep_rows(ClassSession)
