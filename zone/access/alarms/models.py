"""Alarms about bridges and their doors."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId

# What an alarm can be about. The first five belong to one entry (`seq`); the others are states, and
# last until they are cleared. The last one is either.
ALARMS: Final = (
    "chain_break",
    "code_used_twice",
    "unproven",
    "set_aside",
    "forced_open",
    "offline",
    "revoked",
    "disk_full",
    "clock_unset",
    "journal_chain",
    "journal_filling",
    "relay_fault",
    "input_fault",
    "reader_lost",
    "unreadable",
    "held_open",
    "fire",
    "unknown_word",
)

_LASTING: Final = "seq IS NULL AND cleared_at IS NULL"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class BridgeAlarm(Base):
    """A fault of a bridge or of one of its doors, opened once however often it is reported.

    `chain_break`: an entry was changed or removed. `code_used_twice`: two doors granted one code
    into one area. `unproven`: a granted entry whose code does not prove it. `set_aside`: an entry
    that cannot be stored, by its time, its door or its form. `forced_open`: a door that opened
    though nobody was let in or out. These five name the entry's `seq`.
    All other kinds are states, with one row from `recorded_at` until `cleared_at`.
    `revoked`: a bridge that is revoked still has doors, which let nobody in.
    `unknown_word`: the bridge is too old for a word about a door or holder, or (with `seq`) the
    server is too old for one in an entry.
    """

    __tablename__ = "bridge_alarm"
    __table_args__ = (
        # For the alarms of one entry. Of states `seq` is NULL, and NULLs are distinct.
        UniqueConstraint("bridge_id", "kind", "seq"),
        CheckConstraint(f"kind IN ({', '.join(map(repr, ALARMS))})", name="kind"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"
        ),
        # Two partial indexes: NULLs are distinct in a unique key, and an alarm of the bridge itself
        # has no door.
        Index(
            "uq_bridge_alarm_lasting",
            "bridge_id",
            "kind",
            unique=True,
            **_where(_LASTING + " AND door_id IS NULL"),
        ),
        Index(
            "uq_bridge_alarm_lasting_door",
            "bridge_id",
            "kind",
            "door_id",
            unique=True,
            **_where(_LASTING),
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    door_id: Mapped[int | None] = mapped_column(ForeignKey("door.id"))
    kind: Mapped[str]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
