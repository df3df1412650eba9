"""The audit table: staff actions, append-only."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class AuditRow(Base):
    """A staff action: actor, action, object, values before and after, and the reason."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_kind", "object_id"),)

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(index=True)


append_only(AuditRow)
