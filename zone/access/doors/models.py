"""Doors."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Door(Base):
    """A door, the area behind it and the bridge that drives it.

    `strike_ms` is the length of the strike's pulse in milliseconds. `direction` is out where the
    reader is on the way out of the area: nobody is refused there, and nobody makes a visit. Where
    it has a contact, open for longer than `held_warning_seconds` is a warning at the door, and than
    `held_alarm_seconds` an alarm.
    """

    __tablename__ = "door"
    __table_args__ = (
        UniqueConstraint("area_id", "name"),
        CheckConstraint(
            "state IN ('normal', 'released_once', 'released', 'blocked', 'lockdown', 'emergency')",
            name="state",
        ),
        CheckConstraint("strike_ms BETWEEN 100 AND 60000", name="strike"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint(
            "held_warning_seconds BETWEEN 5 AND held_alarm_seconds AND held_alarm_seconds <= 3600",
            name="held_open",
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    bridge_id: Mapped[int | None] = mapped_column(ForeignKey("bridge.id"), index=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="normal")
    strike_ms: Mapped[int] = mapped_column(default=5000)
    direction: Mapped[str] = mapped_column(default="in", server_default="in")
    held_warning_seconds: Mapped[int] = mapped_column(default=20, server_default="20")
    held_alarm_seconds: Mapped[int] = mapped_column(default=30, server_default="30")
    version: Mapped[int] = mapped_column(default=1)


record_rows(
    Door,
    "area_id",
    "bridge_id",
    "state",
    "strike_ms",
    "direction",
    "held_warning_seconds",
    "held_alarm_seconds",
    version=4,
)
