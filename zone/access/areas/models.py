"""Areas behind doors, and the spaces that they hold."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Area(Base):
    """What a door leads to. A holder needs a right of one of `kinds` at its campus.

    `proves_presence`: an entry proves presence in the spaces that the area holds; an entry to a
    lobby proves only a visit. `always_open`: the campus's opening hours do not apply. `passback`:
    off, soft (marks), timed (refuses) or hard (refuses until the person has left), within
    `passback_seconds` of the last entry. `occupancy_limit`: so many people may be inside, of whom
    each counts for `stay_minutes` at the longest. `version` counts the changes, so that an edit of
    an older state is refused.
    """

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("campus_id", "name"),
        CheckConstraint("passback IN ('off', 'soft', 'timed', 'hard')", name="passback"),
        CheckConstraint("passback_seconds BETWEEN 0 AND 86400", name="passback_seconds"),
        CheckConstraint("occupancy_limit BETWEEN 1 AND 100000", name="occupancy_limit"),
        CheckConstraint("stay_minutes BETWEEN 1 AND 1440", name="stay_minutes"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    name: Mapped[str]
    kinds: Mapped[list[Any]]
    proves_presence: Mapped[bool] = mapped_column(default=False)
    needs_booking: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    always_open: Mapped[bool] = mapped_column(default=False)
    passback: Mapped[str] = mapped_column(default="soft")
    passback_seconds: Mapped[int] = mapped_column(default=60)
    occupancy_limit: Mapped[int | None]
    stay_minutes: Mapped[int] = mapped_column(default=90, server_default="90")
    version: Mapped[int] = mapped_column(default=1)


class AreaSpace(Base):
    """A space that an area holds."""

    __tablename__ = "area_space"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True, index=True)


record_rows(
    Area,
    "campus_id",
    "kinds",
    "proves_presence",
    "needs_booking",
    "sensitive",
    "always_open",
    "passback",
    "passback_seconds",
    "occupancy_limit",
    "stay_minutes",
    version=3,
)
record_rows(AreaSpace, "area_id", "space_id")
