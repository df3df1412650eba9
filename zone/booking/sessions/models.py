"""Sessions of activities."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from zone.booking.activities.rules import LEVELS
from zone.booking.allocations.models import Allocation
from zone.core.db.append_only import keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.row_records.models import record_rows


def _about() -> MappedColumn[str]:
    # Deferred: a week of the timetable has a hundred sessions, and shows none of these texts.
    return mapped_column(default="", server_default="", deferred=True, deferred_group="about")


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
        CheckConstraint(one_of_check("level", LEVELS), name="level"),
    )
    __mapper_args__ = {"polymorphic_identity": "session"}  # noqa: RUF012 -- as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("session_rule.id"))
    rule_day: Mapped[date | None]
    category: Mapped[str]
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    live: Mapped[bool] = mapped_column(default=True)
    bookable_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    level: Mapped[str] = mapped_column(default="everybody", server_default="everybody")
    description_fi: Mapped[str] = _about()
    description_sv: Mapped[str] = _about()
    description_en: Mapped[str] = _about()
    bring_fi: Mapped[str] = _about()
    bring_sv: Mapped[str] = _about()
    bring_en: Mapped[str] = _about()


record_rows(
    ClassSession,
    "rule_id",
    "rule_day",
    "instructor_id",
    "live",
    "bookable_percent",
    "level",
    version=2,
)
keep_rows(ClassSession)
