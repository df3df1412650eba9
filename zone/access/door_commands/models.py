"""Commands of staff to doors."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class DoorCommand(Base):
    """An order of a member of staff to open a door once, valid until `expires_at`.

    The bridge stores it, so it is carried out at most once, and reports the `outcome` as an entry.
    Without an outcome after `expires_at`, the bridge did not fetch it or has not uploaded yet.
    """

    __tablename__ = "door_order"
    __table_args__ = (
        # The only kind: no command may hold a door open, and `change_door` sets no such state.
        CheckConstraint("kind IN ('open_once')", name="kind"),
        CheckConstraint(
            "outcome IN ('opened', 'relay_fault', 'refused', 'expired')", name="outcome"
        ),
        # Without an outcome there is no state column: `expired` is derived from `expires_at`, and
        # may still become `opened` when the bridge uploads late.
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
        CheckConstraint("created_at < expires_at", name="order"),
        Index("ix_door_order_door_id_created_at", "door_id", "created_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"))
    kind: Mapped[str]
    ordered_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str | None]
    settled_at: Mapped[datetime | None]


record_rows(DoorCommand, "door_id", "kind", "ordered_by", "reason", "created_at", "expires_at")
keep_rows(DoorCommand)
