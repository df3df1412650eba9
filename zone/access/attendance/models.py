"""Attendance at sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Attendance(Base):
    """A person's presence at a session, proven by a visit; without a booking it is a drop-in.

    Only two columns ever change: `retracted_at` is written once, with that of the visit, and
    `member_id` is emptied after the retention time.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        # Over live rows only: a retracted attendance does not prevent a new one.
        Index(
            "uq_attendance_session_member_live",
            "session_id",
            "member_id",
            unique=True,
            sqlite_where=text("retracted_at IS NULL"),
            postgresql_where=text("retracted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    booked: Mapped[bool]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]


class Sighting(Base):
    """The instructor, or staff, saw a person who had booked at a session; one for each of them.

    `occurred_at` is the session's start. `member_id` is emptied after the retention time.
    """

    __tablename__ = "sighting"
    __table_args__ = (UniqueConstraint("session_id", "member_id"),)

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    seen_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class HeadCount(Base):
    """How many people the instructor, or staff, counted at a session; the newest row holds."""

    __tablename__ = "head_count"
    __table_args__ = (CheckConstraint("people BETWEEN 0 AND 999", name="people"),)

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), index=True)
    people: Mapped[int]
    counted_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    recorded_at: Mapped[datetime]


append_only(HeadCount)
# Without the person, as visits.
# Append-only, and recorded too: an added row has the last word.
record_rows(HeadCount, "session_id", "people", "recorded_at")
record_rows(Attendance, "session_id", "visit_id", "booked", "occurred_at", "retracted_at")
record_rows(Sighting, "session_id", "seen_by", "occurred_at")
keep_rows(Attendance)
