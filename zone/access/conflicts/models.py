"""Entries of doors that contradict each other, or what was known when they were made."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.access.conflicts.rules import KINDS
from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id, PublicId


class DoorConflict(Base):
    """A grant that should not have been one; `other_id` is the entry that it contradicts, if any.

    Kinds: see `rules.KINDS`.
    """

    __tablename__ = "door_conflict"
    __table_args__ = (
        UniqueConstraint("entry_id", "kind"),
        CheckConstraint(f"kind IN ({', '.join(map(repr, KINDS))})", name="kind"),
        CheckConstraint("(seen_at IS NULL) = (seen_by IS NULL)", name="seen"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


keep_rows(DoorConflict)
