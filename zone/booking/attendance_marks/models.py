"""Marks for places that were not used or given up late, and their history."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_END = text("kind IN ('excused', 'lifted', 'expired')")


class AttendanceMark(Base):
    """A mark against a person: for one booking, at most one.

    `on_day` is the day of the session, by which a term wipes the mark; `occurred_at` is the end of
    the session that was missed, or when the booking was cancelled. `evidence` is JSON of what
    proves it, see `rules.Evidence`. `member_id`, `appeal_text` and `decision_text` are emptied
    after the retention time: the two texts stand here and not in the events, which stay.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (
        CheckConstraint("kind IN ('no_show', 'late_cancellation')", name="kind"),
        CheckConstraint("state IN ('counting', 'excused', 'lifted', 'expired')", name="state"),
        CheckConstraint("decided_at IS NULL OR appealed_at IS NOT NULL", name="decided"),
        Index("ix_attendance_mark_member_state", "member_id", "state"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    # Unique: a booking ends once.
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    on_day: Mapped[date]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="counting")
    appealed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    appeal_text: Mapped[str | None] = mapped_column(Text)
    decision_text: Mapped[str | None] = mapped_column(Text)


class AttendanceMarkEvent(Base):
    """What happened to a mark; each kind once, and one end.

    noticed: its person was told; appealed by its person; upheld: the appeal was turned down;
    lifted: after an appeal, or because it was wrong (`reason` is a code then); excused by staff;
    expired with the term. Append-only.
    """

    __tablename__ = "attendance_mark_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('noticed', 'excused', 'appealed', 'upheld', 'lifted', 'expired')",
            name="kind",
        ),
        UniqueConstraint("mark_id", "kind"),
        # Over all that end a mark: it has one end in its history, whatever the code did.
        Index(
            "uq_attendance_mark_event_end",
            "mark_id",
            unique=True,
            sqlite_where=_END,
            postgresql_where=_END,
        ),
    )

    id: Mapped[Id]
    mark_id: Mapped[int] = mapped_column(ForeignKey("attendance_mark.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    # Staff. None: the service by itself, or the person of the mark who appealed.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


append_only(AttendanceMarkEvent)
record_rows(
    AttendanceMark,
    "public_id",
    "kind",
    "booking_id",
    "member_id",
    "on_day",
    "occurred_at",
    "recorded_at",
    "evidence",
    "state",
)
keep_rows(AttendanceMark)
