"""The waitlists of full sessions, and their history."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_WAITING = text("state = 'waiting'")
_END = text("kind <> 'joined'")


class QueueEntry(Base):
    """A person on the waitlist of a session; the order is that of `id`. An entry ends once.

    promoted: it became a booking; left: by the person; removed: for a reason; expired: no place
    became free. `member_id` is emptied after the retention time, once the entry has ended.
    """

    __tablename__ = "queue_entry"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'promoted', 'left', 'removed', 'expired')", name="state"
        ),
        # An entry cannot be promoted without its booking, nor have a booking and wait on.
        CheckConstraint("(state = 'promoted') = (booking_id IS NOT NULL)", name="promoted"),
        # Over waiting rows only: after leaving, the same person can join again.
        Index(
            "uq_queue_entry_live",
            "session_id",
            "member_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_queue_entry_session_state", "session_id", "state"),
        Index("ix_queue_entry_member_state", "member_id", "state"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Unique: a booking comes from one promotion.
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    created_at: Mapped[datetime]


class QueueEvent(Base):
    """A person joined a waitlist, or how that ended.

    Append-only.
    """

    __tablename__ = "queue_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('joined', 'promoted', 'left', 'removed', 'expired')", name="kind"
        ),
        Index(
            # Over all kinds but `joined`: an entry has one end in its history, whatever the code
            # did.
            "uq_queue_event_end",
            "entry_id",
            unique=True,
            sqlite_where=_END,
            postgresql_where=_END,
        ),
        Index("ix_queue_event_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entry.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


append_only(QueueEvent)
record_rows(QueueEntry, "public_id", "session_id", "member_id", "created_at")
