"""Where and when: campuses, spaces and their parts, opening hours, seasons and their weeks."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zone.db import Base, Id, PublicId, append_only


class Campus(Base):
    """A place with doors. `code` is what the doors know it by (myllypuro)."""

    __tablename__ = "campus"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Part(Base):
    """The smallest piece of a hall that is held on its own. A space is any set of parts."""

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("campus_id", "code"),)

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    code: Mapped[str]


class Space(Base):
    """What is booked or held: a whole hall, half of it, a court that straddles its thirds, a gym.

    `capacity` is people; `own_use` whether a person may book it for own use. The minutes (start interval, shortest and
    longest booking, what is held before and after one) are those of the service's policy where they are empty.
    `companions` is how many others the booker may bring along. `version` grows with every change.
    """

    __tablename__ = "space"
    __table_args__ = (
        UniqueConstraint("campus_id", "code"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("companions BETWEEN 0 AND 99", name="companions"),
        CheckConstraint("step_minutes BETWEEN 5 AND 1440 AND 1440 % step_minutes = 0", name="step"),
        CheckConstraint("least_minutes > 0 AND least_minutes <= most_minutes", name="length"),
        CheckConstraint("most_minutes BETWEEN 1 AND 1440", name="most"),
        CheckConstraint("before_minutes BETWEEN 0 AND 120 AND before_minutes % 5 = 0", name="before"),
        CheckConstraint("after_minutes BETWEEN 0 AND 120 AND after_minutes % 5 = 0", name="after"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    code: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    capacity: Mapped[int]
    own_use: Mapped[bool] = mapped_column(default=False)
    step_minutes: Mapped[int | None]
    least_minutes: Mapped[int | None]
    most_minutes: Mapped[int | None]
    before_minutes: Mapped[int | None]
    after_minutes: Mapped[int | None]
    companions: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    campus: Mapped[Campus] = relationship(lazy="raise")
    parts: Mapped[list[Part]] = relationship(secondary="space_part", lazy="raise", order_by="Part.id")


class SpacePart(Base):
    """That a space includes a part."""

    __tablename__ = "space_part"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"), primary_key=True)


class OpeningHours(Base):
    """The ordinary week of a campus in Helsinki wall-clock time; `weekday` 1 is Monday, 7 Sunday."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        UniqueConstraint("campus_id", "weekday", "valid_from", "opens"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("opens < closes", name="order"),
    )

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class OpeningException(Base):
    """A day with other hours; both times empty means closed."""

    __tablename__ = "opening_exception"
    __table_args__ = (
        UniqueConstraint("campus_id", "day"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both"),
        CheckConstraint("opens < closes", name="order"),
    )

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    day: Mapped[date]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    reason: Mapped[str]


class Season(Base):
    """A term: spring, summer or autumn of a year, both days included."""

    __tablename__ = "season"
    __table_args__ = (
        CheckConstraint("kind IN ('spring', 'summer', 'autumn')", name="kind"),
        CheckConstraint("starts_on <= ends_on", name="order"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class SeasonWeek(Base):
    """That an ISO week belongs to a season and is regular or not; only regular weeks count in the weekly hours.

    Append-only: a week that becomes a break gets a new row, and the newest that was recorded by then decides.
    """

    __tablename__ = "season_week"
    __table_args__ = (
        UniqueConstraint("iso_year", "iso_week", "recorded_at"),
        CheckConstraint("iso_week BETWEEN 1 AND 53", name="week"),
    )

    id: Mapped[Id]
    season_id: Mapped[int] = mapped_column(ForeignKey("season.id"))
    iso_year: Mapped[int]
    iso_week: Mapped[int]
    regular: Mapped[bool]
    recorded_at: Mapped[datetime]


append_only(SeasonWeek)
