"""Sessions and their history.

A session's kind, time and place never change once it is scheduled: a moved session is cancelled,
and a new one is created. Only in this way do the figures of past months stay the same.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from zone.booking.sessions.rules import KINDS, LEVELS
from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)


def _about() -> MappedColumn[str]:
    # Deferred: a week of the timetable has a hundred sessions, and shows none of these texts.
    return mapped_column(default="", server_default="", deferred=True, deferred_group="about")


class ClassSession(Base):
    """One session at one time: a class, a turn, an event, or a reserved space (kind `own_use`).

    `bookable` of the `capacity` places can be booked, and `booked` are; the others are for people
    without a booking. `bookable_percent` is the share by which that was counted and will be again
    when the capacity changes, whatever the policy says then. `live` is about online sessions: held
    live, not on demand.
    """

    __tablename__ = "class_session"
    __table_args__ = (
        # Expanding a rule again, or in two schedulers at once, creates nothing twice.
        UniqueConstraint("rule_id", "on_day"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("state IN ('scheduled', 'cancelled', 'held')", name="state"),
        # An empty session would hold no slice of its space, and no key could refuse a clash.
        CheckConstraint("starts_at < ends_at", name="order"),
        # Refuses the place too many, whatever the code above it did.
        CheckConstraint("booked BETWEEN 0 AND bookable", name="places"),
        CheckConstraint("bookable BETWEEN 0 AND capacity", name="bookable"),
        CheckConstraint("bookable_percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint(one_of_check("level", LEVELS), name="level"),
        # Without a space there is no campus, and the rules take every campus's pass for it.
        CheckConstraint("space_id IS NOT NULL OR kind = 'online'", name="place"),
        Index("ix_class_session_space_start", "space_id", "starts_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("session_rule.id"))
    on_day: Mapped[date]
    kind: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    category: Mapped[str]
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    live: Mapped[bool] = mapped_column(default=True)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    capacity: Mapped[int]
    bookable: Mapped[int]
    bookable_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    # Grows with every change of the capacity.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    booked: Mapped[int] = mapped_column(default=0)
    level: Mapped[str] = mapped_column(default="everybody", server_default="everybody")
    description_fi: Mapped[str] = _about()
    description_sv: Mapped[str] = _about()
    description_en: Mapped[str] = _about()
    bring_fi: Mapped[str] = _about()
    bring_sv: Mapped[str] = _about()
    bring_en: Mapped[str] = _about()
    # A copy of the newest event's kind: booking reads it at each request.
    state: Mapped[str] = mapped_column(default="scheduled")


class SessionEvent(Base):
    """A session was scheduled, cancelled or held. Append-only; the newest recorded event holds."""

    __tablename__ = "session_event"
    __table_args__ = (CheckConstraint("kind IN ('scheduled', 'cancelled', 'held')", name="kind"),)

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


# The history is what figures of past months are counted from; a correction is a new event.
append_only(SessionEvent)
record_rows(
    ClassSession,
    "rule_id",
    "on_day",
    "kind",
    "space_id",
    "instructor_id",
    "live",
    "starts_at",
    "ends_at",
    "capacity",
    "bookable_percent",
    "level",
)


keep_rows(ClassSession)
