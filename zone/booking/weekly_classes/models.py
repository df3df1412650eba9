"""Weekly classes: the rules that sessions are created from."""

from collections.abc import Iterable
from datetime import date, time

from sqlalchemy import CheckConstraint, Dialect, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import ONLINE_KINDS, SESSION_KINDS
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Weekdays(TypeDecorator[tuple[int, ...]]):
    """Some weekdays in their order, 1 for Monday, as the bits of a number: 1 Monday, 2 Tuesday, 4 …

    So the database can refuse a class without a day.
    """

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> int | None:
        return None if value is None else sum(1 << (day - 1) for day in set(value))

    def process_result_value(self, value: int | None, dialect: Dialect) -> tuple[int, ...] | None:
        if value is None:
            return None
        return tuple(day for day in range(1, 8) if value >> (day - 1) & 1)


class SessionRule(Base):
    """A weekly session: weekdays and Helsinki wall-clock time between two days, both included."""

    __tablename__ = "session_rule"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", SESSION_KINDS), name="kind"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        # At most a day: `closures.NEAR` and `reservations.AROUND` read one day around, and the
        # front page (`LONGEST`) one day back.
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("first_on <= last_on", name="order"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint(
            f"space_id IS NOT NULL OR {one_of_check('kind', tuple(ONLINE_KINDS))}", name="place"
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    # That of its activity, which never changes: `ck_session_rule_place` reads it.
    kind: Mapped[str]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    live: Mapped[bool] = mapped_column(default=True)
    weekdays: Mapped[tuple[int, ...]] = mapped_column(Weekdays())
    starts_at: Mapped[time]
    minutes: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    capacity: Mapped[int]
    bookable_percent: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


record_rows(
    SessionRule,
    "kind",
    "space_id",
    "instructor_id",
    "live",
    "weekdays",
    "starts_at",
    "minutes",
    "first_on",
    "last_on",
    "capacity",
    "bookable_percent",
    "activity_id",
    version=3,
)


class SkippedDay(Base):
    """A day on which a weekly class is not held, whatever its rule says."""

    __tablename__ = "skipped_day"
    __table_args__ = (UniqueConstraint("rule_id", "day"),)

    id: Mapped[Id]
    rule_id: Mapped[int] = mapped_column(ForeignKey("session_rule.id"))
    day: Mapped[date]
    reason: Mapped[str]
