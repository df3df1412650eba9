"""Times without booking ahead, the marks behind them, and their history."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_END = text("kind IN ('lifted', 'ended')")


class BookingBan(Base):
    """A time [starts_at, ends_at) in which a person books nothing ahead; drop-in stays open.

    It starts with the last of the marks behind it; `on_day` is the day of that mark, by which a
    term wipes the ban as it does the mark. `member_id` is emptied after the retention time.
    """

    __tablename__ = "booking_ban"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="start_before_end"),
        CheckConstraint("state IN ('in_force', 'lifted', 'ended')", name="state"),
        Index("ix_booking_ban_member_state", "member_id", "state"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    on_day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="in_force")


class BookingBanMark(Base):
    """A mark behind a ban. A mark of a ban that was lifted may stand behind another one.

    Append-only.
    """

    __tablename__ = "booking_ban_mark"
    __table_args__ = (UniqueConstraint("ban_id", "mark_id"),)

    id: Mapped[Id]
    ban_id: Mapped[int] = mapped_column(ForeignKey("booking_ban.id"))
    mark_id: Mapped[int] = mapped_column(ForeignKey("attendance_mark.id"), index=True)


class BookingBanEvent(Base):
    """A ban began, and how it ended: lifted with one of its marks, or over.

    Append-only.
    """

    __tablename__ = "booking_ban_event"
    __table_args__ = (
        CheckConstraint("kind IN ('begun', 'lifted', 'ended')", name="kind"),
        UniqueConstraint("ban_id", "kind"),
        Index(
            "uq_booking_ban_event_end",
            "ban_id",
            unique=True,
            sqlite_where=_END,
            postgresql_where=_END,
        ),
    )

    id: Mapped[Id]
    ban_id: Mapped[int] = mapped_column(ForeignKey("booking_ban.id"))
    kind: Mapped[str]
    # None: the service by itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


append_only(BookingBanMark)
append_only(BookingBanEvent)
record_rows(
    BookingBan,
    "public_id",
    "member_id",
    "on_day",
    "starts_at",
    "ends_at",
    "recorded_at",
    "state",
)
keep_rows(BookingBan)
