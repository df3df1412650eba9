"""Sessions and who booked them, the space they hold, and the facts that figures read.

A session's kind, time and place never change once it is scheduled: a moved session is a cancelled one and a new one.
Only so can a figure of last month be computed again. `state` is a copy of the newest fact, for the hot path.
"""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.rules import KINDS, Policy
from zone.db import Base, Id, PublicId, append_only

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
_LIVE = text("state <> 'cancelled'")
_WAITING = text("state = 'waiting'")
_END = text("kind <> 'joined'")


class BookingPolicy(Base):
    """The service's own numbers, in one row; without it the defaults of `rules.Policy` hold."""

    __tablename__ = "booking_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("bookable_percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("space_step_minutes BETWEEN 5 AND 1440 AND 1440 % space_step_minutes = 0", name="step"),
        CheckConstraint("space_least_minutes BETWEEN 1 AND space_most_minutes", name="length"),
        CheckConstraint(
            "space_before_minutes BETWEEN 0 AND 120 AND space_before_minutes % 5 = 0 "
            "AND space_after_minutes BETWEEN 0 AND 120 AND space_after_minutes % 5 = 0",
            name="around",
        ),
    )

    id: Mapped[Id] = mapped_column(default=1)
    opens_days: Mapped[int] = mapped_column(default=Policy.opens_days)
    closes_minutes: Mapped[int] = mapped_column(default=Policy.closes_minutes)
    bookable_percent: Mapped[int] = mapped_column(default=Policy.bookable_percent)
    open_bookings: Mapped[int] = mapped_column(default=Policy.open_bookings)
    cancel_minutes: Mapped[int] = mapped_column(default=Policy.cancel_minutes)
    no_shows: Mapped[int] = mapped_column(default=Policy.no_shows)
    suspension_days: Mapped[int] = mapped_column(default=Policy.suspension_days)
    expand_days: Mapped[int] = mapped_column(default=Policy.expand_days)
    space_step_minutes: Mapped[int] = mapped_column(default=Policy.space_step_minutes)
    space_most_minutes: Mapped[int] = mapped_column(default=Policy.space_most_minutes)
    queue_places: Mapped[int] = mapped_column(default=Policy.queue_places)
    remind_hours: Mapped[int] = mapped_column(default=Policy.remind_hours)
    space_least_minutes: Mapped[int] = mapped_column(default=Policy.space_least_minutes)
    space_before_minutes: Mapped[int] = mapped_column(default=Policy.space_before_minutes)
    space_after_minutes: Mapped[int] = mapped_column(default=Policy.space_after_minutes)
    space_open_bookings: Mapped[int] = mapped_column(default=Policy.space_open_bookings)
    space_week_bookings: Mapped[int] = mapped_column(default=Policy.space_week_bookings)


class SessionRule(Base):
    """A weekly session: weekday and Helsinki wall-clock time between two days, both included."""

    __tablename__ = "session_rule"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("first_on <= last_on", name="order"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("space_id IS NOT NULL OR kind = 'online'", name="place"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    category: Mapped[str]
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    live: Mapped[bool] = mapped_column(default=True)
    weekday: Mapped[int]
    starts_at: Mapped[time]
    minutes: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    capacity: Mapped[int]
    bookable_percent: Mapped[int | None]


class ClassSession(Base):
    """One session at one time: a class, a turn, an event, or a space booked for own use (kind `own_use`).

    `bookable` of the `capacity` places can be booked, `booked` are; the rest is for those who drop in. `live` says of
    an online session that it is held live, not on demand.
    """

    __tablename__ = "class_session"
    __table_args__ = (
        UniqueConstraint("rule_id", "on_day"),  # expanding a rule again makes nothing twice
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("state IN ('scheduled', 'cancelled', 'held')", name="state"),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("booked BETWEEN 0 AND bookable", name="places"),
        CheckConstraint("bookable BETWEEN 0 AND capacity", name="bookable"),
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
    booked: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="scheduled")


class SessionEvent(Base):
    """A fact about a session: scheduled, cancelled, held. Append-only; the newest recorded one holds."""

    __tablename__ = "session_event"
    __table_args__ = (CheckConstraint("kind IN ('scheduled', 'cancelled', 'held')", name="kind"),)

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Booking(Base):
    """A place of a person in a session. A cancelled one is kept, and no longer in the way of a new one.

    `companions` come along, nameless; the booker answers for them.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("state IN ('booked', 'cancelled', 'attended', 'no_show')", name="state"),
        CheckConstraint("companions BETWEEN 0 AND 99", name="companions"),
        Index(
            "uq_booking_live", "session_id", "member_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        Index("ix_booking_member_state", "member_id", "state"),
    )  # fmt: skip

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(default="booked")
    companions: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class BookingEvent(Base):
    """A fact about a booking: booked, cancelled, attended, no_show. Append-only; the newest recorded one holds."""

    __tablename__ = "booking_event"
    __table_args__ = (CheckConstraint("kind IN ('booked', 'cancelled', 'attended', 'no_show')", name="kind"),)

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class QueueEntry(Base):
    """A person's place in the queue for a full session; first come is the order of `id`. It ends once.

    It becomes a booking (promoted), or the person leaves, is removed (with a reason), or no place came free (expired).
    """

    __tablename__ = "queue_entry"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'promoted', 'left', 'removed', 'expired')", name="state"),
        CheckConstraint("(state = 'promoted') = (booking_id IS NOT NULL)", name="promoted"),
        Index(
            "uq_queue_entry_live", "session_id", "member_id", unique=True, sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_queue_entry_session_state", "session_id", "state"),
        Index("ix_queue_entry_member_state", "member_id", "state"),
    )  # fmt: skip

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    created_at: Mapped[datetime]


class QueueEvent(Base):
    """A fact about a place in the queue: joined, and how it ended. Append-only; the key refuses a second end."""

    __tablename__ = "queue_event"
    __table_args__ = (
        CheckConstraint("kind IN ('joined', 'promoted', 'left', 'removed', 'expired')", name="kind"),
        Index("uq_queue_event_end", "entry_id", unique=True, sqlite_where=_END, postgresql_where=_END),
        Index("ix_queue_event_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entry.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Hold(Base):
    """That a session holds a part of a hall for five minutes. `slice` counts them from 1970 in UTC.

    One table for classes and own bookings, and one key: so the database itself refuses that two hold the same.
    """

    __tablename__ = "hold"
    __table_args__ = (Index("uq_hold_part_slice", "part_id", "slice", unique=True),)

    id: Mapped[Id]
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    slice: Mapped[int]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), index=True)


append_only(SessionEvent)
append_only(BookingEvent)
append_only(QueueEvent)
