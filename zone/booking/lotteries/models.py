"""Lotteries of the places of sessions, how they ended, and who entered."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.lotteries.rules import END_STATES
from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_END = text(one_of_check("kind", END_STATES))


class Lottery(Base):
    """The places of a session are drawn at `draws_at` among who has entered from `opens_at` on.

    `commitment` is what binds the service, see `drawing`. Append-only: it is never changed. It is
    live until it has a `LotteryEnd`.
    """

    __tablename__ = "lottery"
    __table_args__ = (
        # One live lottery of a session: `number` is one more than how many of it have ended.
        UniqueConstraint("session_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("opens_at < draws_at", name="order"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    number: Mapped[int]
    opens_at: Mapped[datetime]
    draws_at: Mapped[datetime]
    commitment: Mapped[str]
    announced_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    announced_at: Mapped[datetime]


class LotteryEnd(Base):
    """A lottery was drawn, or called off with a reason; each has one end. Append-only.

    `seed` is what the commitment was made of; `digest` that of the tickets; `places` how many could
    be booked at the draw. `reason`: the words of who called it off, or the code of an error where
    the service did. `ended_by_id` None: the service.
    """

    __tablename__ = "lottery_end"
    __table_args__ = (
        CheckConstraint("kind IN ('drawn', 'called_off')", name="kind"),
        CheckConstraint(
            "(kind = 'drawn') = (seed IS NOT NULL AND digest IS NOT NULL AND places IS NOT NULL)",
            name="drawn",
        ),
        CheckConstraint("(kind = 'called_off') = (reason IS NOT NULL)", name="reason"),
    )

    id: Mapped[Id]
    lottery_id: Mapped[int] = mapped_column(ForeignKey("lottery.id"), unique=True)
    kind: Mapped[str]
    seed: Mapped[str | None]
    digest: Mapped[str | None]
    places: Mapped[int | None]
    reason: Mapped[str | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    ended_at: Mapped[datetime]


LIVE_LOTTERY: Final = ~exists().where(LotteryEnd.lottery_id == Lottery.id).correlate(Lottery)
"""The condition of a lottery that has not ended: until then nobody books its session."""


class LotteryEntry(Base):
    """A person in a lottery; `ticket` is what the public reads of it.

    entered or withdrawn until the draw; then won, lost (the places were out), refused, or
    called_off with the lottery. `position` is its place in the drawn order, from 1.
    """

    __tablename__ = "lottery_entry"
    __table_args__ = (
        CheckConstraint(one_of_check("state", ("entered", "withdrawn", *END_STATES)), name="state"),
        CheckConstraint(
            "(state IN ('won', 'lost', 'refused')) = (position IS NOT NULL)", name="position"
        ),
        CheckConstraint("(state = 'won') = (booking_id IS NOT NULL)", name="won"),
        # Not over live rows only: who enters again has the same ticket, so that nobody can try
        # for another one.
        UniqueConstraint("lottery_id", "member_id"),
        UniqueConstraint("lottery_id", "position"),
        Index("ix_lottery_entry_member_state", "member_id", "state"),
    )

    id: Mapped[Id]
    ticket: Mapped[PublicId]
    lottery_id: Mapped[int] = mapped_column(ForeignKey("lottery.id"))
    # Emptied after the retention time. The ticket stays: it says nothing, and proves the draw.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(default="entered")
    position: Mapped[int | None]
    # Unique: a booking comes from one ticket.
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    created_at: Mapped[datetime]


class LotteryEntryEvent(Base):
    """A person entered a lottery or withdrew, or what came of it.

    `reason` is the code of an error, where there is one. Append-only.
    """

    __tablename__ = "lottery_entry_event"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", ("entered", "withdrawn", *END_STATES)), name="kind"),
        Index(
            # An entry has one outcome in its history, whatever the code did.
            "uq_lottery_entry_event_end",
            "entry_id",
            unique=True,
            sqlite_where=_END,
            postgresql_where=_END,
        ),
        Index("ix_lottery_entry_event_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("lottery_entry.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


append_only(Lottery)
append_only(LotteryEnd)
append_only(LotteryEntryEvent)
# Without the person: their digests would stay when the person is removed, and the ticket, by which
# all possible values could be tried, is published and does not change.
record_rows(LotteryEntry, "ticket", "lottery_id", "created_at")
keep_rows(LotteryEntry)
