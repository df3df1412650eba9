"""Suspensions: members who may not use the doors for a time."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Suspension(Base):
    """A time in which a member may not use the doors, and why; `lifted_at` ends it early."""

    __tablename__ = "suspension"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR starts_at < ends_at", name="order"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    reason: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


record_rows(Suspension, "member_id", "starts_at", "ends_at", "lifted_at")
keep_rows(Suspension)
