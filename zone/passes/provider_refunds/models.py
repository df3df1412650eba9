"""Refunds that a provider has made and that our books do not have."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.passes.retention.rules import BY_PAYMENT


class UnknownRefund(Base):
    """A refund of a payment of ours that the provider lists and that is not in this database.

    Such as one that was made between a backup and its restore, or on the provider's own pages.
    Append-only.
    """

    __tablename__ = "unknown_refund"
    __table_args__ = (
        UniqueConstraint("payment_id", "provider_reference"),
        CheckConstraint("cents > 0", name="cents"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    # How the provider knows the refund.
    provider_reference: Mapped[str]
    cents: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


append_only(UnknownRefund, deletable_if=BY_PAYMENT)
