"""Spaces and the parts of halls that they consist of."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows
from zone.places.campuses.models import Campus


class Part(Base):
    """The smallest piece of a hall that is booked on its own. A space is a set of parts."""

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("campus_id", "code"),)

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    code: Mapped[str]


class Space(Base):
    """What is booked: a whole hall, half of it, a court that straddles its thirds, a gym.

    `capacity` is people; `own_use` is whether a person may reserve it. Empty minutes (start
    interval, shortest and longest reservation, buffers) are those of the service's policy.
    `companions` is how many others the booker may bring. `version` grows with every change.
    """

    __tablename__ = "space"
    __table_args__ = (
        UniqueConstraint("campus_id", "code"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("companions BETWEEN 0 AND 99", name="companions"),
        CheckConstraint("step_minutes BETWEEN 5 AND 1440 AND 1440 % step_minutes = 0", name="step"),
        CheckConstraint("least_minutes > 0 AND least_minutes <= most_minutes", name="length"),
        CheckConstraint("most_minutes BETWEEN 1 AND 1440", name="most"),
        CheckConstraint(
            "before_minutes BETWEEN 0 AND 120 AND before_minutes % 5 = 0", name="before"
        ),
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
    parts: Mapped[list[Part]] = relationship(
        secondary="space_part", lazy="raise", order_by="Part.id"
    )


class SpacePart(Base):
    """A part of a space."""

    __tablename__ = "space_part"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"), primary_key=True)


record_rows(Part, "campus_id", "code")
record_rows(
    Space,
    "campus_id",
    "code",
    "capacity",
    "own_use",
    "step_minutes",
    "least_minutes",
    "most_minutes",
    "before_minutes",
    "after_minutes",
    "companions",
)
record_rows(SpacePart, "space_id", "part_id")
