"""Blocks and lockdowns of doors."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows

_OPEN: Final = "lifted_at IS NULL"


def _unique(name: str, columns: tuple[str, ...], condition: str) -> Index:
    where: dict[str, Any] = {
        f"{engine}_where": text(f"{_OPEN} AND {condition}") for engine in ("sqlite", "postgresql")
    }
    return Index(name, "kind", *columns, unique=True, **where)


class Shutdown(Base):
    """A block or a lockdown of one door, of the doors of a campus, or of all, until it is lifted.

    Both `door_id` and `campus_id` are empty where it is of all doors. `reason` is empty and
    `shut_by` nobody where a door was shut before reasons were asked for.
    """

    __tablename__ = "door_shutdown"
    __table_args__ = (
        CheckConstraint("kind IN ('blocked', 'lockdown')", name="kind"),
        CheckConstraint("door_id IS NULL OR campus_id IS NULL", name="place"),
        CheckConstraint("lifted_at IS NOT NULL OR lifted_by IS NULL", name="lifted"),
        # Three indexes: NULLs are distinct in a unique key.
        _unique("uq_door_shutdown_door", ("door_id",), "door_id IS NOT NULL"),
        _unique("uq_door_shutdown_campus", ("campus_id",), "campus_id IS NOT NULL"),
        _unique("uq_door_shutdown_all", (), "door_id IS NULL AND campus_id IS NULL"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    door_id: Mapped[int | None] = mapped_column(ForeignKey("door.id"))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("campus.id"))
    reason: Mapped[str]
    shut_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    shut_at: Mapped[datetime]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    lifted_at: Mapped[datetime | None]


record_rows(
    Shutdown,
    "kind",
    "door_id",
    "campus_id",
    "reason",
    "shut_by",
    "shut_at",
    "lifted_by",
    "lifted_at",
)
