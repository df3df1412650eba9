"""The waitlists of full sessions, and their history."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.waitlist.rules import END_STATES, LIVE_STATES, STEPS
from zone.core.db.append_only import append_only
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_LIVE = text(one_of_check("state", LIVE_STATES))
_END = text(one_of_check("kind", END_STATES))


class QueueEntry(Base):
    """A person on the waitlist of a session, by `rank`. An entry ends once.

    offered: a free place is kept for the person until `offered_until`; the counter of the session
    includes it. booked: it became a booking; declined: the person did not want the place; expired:
    nobody answered the offer in time, or no place became free; left: by the person; removed: for a
    reason. `offer_key` is the hash of what the link of the offer carries. `member_id` is emptied
    after the retention time, once the entry has ended.
    """

    __tablename__ = "queue_entry"
    __table_args__ = (
        CheckConstraint(one_of_check("state", (*LIVE_STATES, *END_STATES)), name="state"),
        # An entry cannot become a booking without its booking, nor have one and wait on.
        CheckConstraint("(state = 'booked') = (booking_id IS NOT NULL)", name="booked"),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offered"),
        # Over live rows only: after leaving, the same person can join again.
        Index(
            "uq_queue_entry_live",
            "session_id",
            "member_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("uq_queue_entry_rank", "session_id", "rank", unique=True),
        Index("ix_queue_entry_session_state", "session_id", "state"),
        Index("ix_queue_entry_member_state", "member_id", "state"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    # Given under the lock of the session, from 1 on.
    rank: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Unique: a booking comes from one entry.
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    created_at: Mapped[datetime]
    offered_until: Mapped[datetime | None]
    offer_key: Mapped[bytes | None]


class QueueEvent(Base):
    """A person joined a waitlist, was passed over or got an offer, or how it ended.

    `reason` is the code of an error, where there is one. Append-only.
    """

    __tablename__ = "queue_event"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", ("joined", *STEPS, *END_STATES)), name="kind"),
        Index(
            # An entry has one end in its history, whatever the code did.
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
record_rows(QueueEntry, "public_id", "session_id", "rank", "member_id", "created_at", version=2)
