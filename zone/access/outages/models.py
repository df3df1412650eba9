"""Outages, of which staff get a mail."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id, PublicId

_OPEN: Final = "ended_at IS NULL"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Outage(Base):
    """A time in which a fault kept people out of a door, or of all doors of a bridge.

    `kind` is that of the alarm. An alarm that comes and goes is one outage: it has ended when the
    alarm has stayed away for as long as `rules.quiet_time` says; `ended_at` is when it was last
    there.
    """

    __tablename__ = "door_outage"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ended"),
        # Two indexes: NULLs are distinct in a unique key. Of two jobs at once one begins an outage.
        Index(
            "uq_door_outage_bridge",
            "bridge_id",
            "kind",
            unique=True,
            **_where(_OPEN + " AND door_id IS NULL"),
        ),
        Index("uq_door_outage_door", "bridge_id", "kind", "door_id", unique=True, **_where(_OPEN)),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    door_id: Mapped[int | None] = mapped_column(ForeignKey("door.id"))
    kind: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


keep_rows(Outage)
