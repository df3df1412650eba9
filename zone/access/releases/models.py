"""When doors are open to everybody: times of the week, and days with other times."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class DoorRelease(Base):
    """A time of the week in which a door is open to everybody, Helsinki wall-clock time.

    `weekdays` has bit 0 for Monday to bit 6 for Sunday. Closing before opening is closing on the
    next day. `first_person`: only once somebody has come in by a code.
    """

    __tablename__ = "door_release"
    __table_args__ = (
        UniqueConstraint("door_id", "weekdays", "opens", "closes"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("opens <> closes", name="times"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"))
    weekdays: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    first_person: Mapped[bool]


class DoorReleaseDay(Base):
    """A day on which a door is open to everybody at another time; both empty: at none."""

    __tablename__ = "door_release_day"
    __table_args__ = (
        UniqueConstraint("door_id", "day"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both"),
        CheckConstraint("opens <> closes", name="times"),
    )

    id: Mapped[Id]
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"))
    day: Mapped[date]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    reason: Mapped[str]


record_rows(DoorRelease, "door_id", "weekdays", "opens", "closes", "first_person")
record_rows(DoorReleaseDay, "door_id", "day", "opens", "closes")
