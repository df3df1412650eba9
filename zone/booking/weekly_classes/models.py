"""Weekly classes: the rules that sessions are created from."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.activities.rules import LEVELS, ONLINE_KINDS, SESSION_KINDS
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class SessionRule(Base):
    """A weekly session: weekday and Helsinki wall-clock time between two days, both included."""

    __tablename__ = "session_rule"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", SESSION_KINDS), name="kind"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        # At most a day: `closures.NEAR` and `reservations.AROUND` read one day around.
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("first_on <= last_on", name="order"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint(one_of_check("level", LEVELS), name="level"),
        CheckConstraint(
            f"space_id IS NOT NULL OR {one_of_check('kind', tuple(ONLINE_KINDS))}", name="place"
        ),
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
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    level: Mapped[str] = mapped_column(default="everybody", server_default="everybody")
    description_fi: Mapped[str] = mapped_column(default="", server_default="")
    description_sv: Mapped[str] = mapped_column(default="", server_default="")
    description_en: Mapped[str] = mapped_column(default="", server_default="")
    bring_fi: Mapped[str] = mapped_column(default="", server_default="")
    bring_sv: Mapped[str] = mapped_column(default="", server_default="")
    bring_en: Mapped[str] = mapped_column(default="", server_default="")


record_rows(
    SessionRule,
    "kind",
    "space_id",
    "instructor_id",
    "live",
    "weekday",
    "starts_at",
    "minutes",
    "first_on",
    "last_on",
    "capacity",
    "bookable_percent",
    "level",
)
