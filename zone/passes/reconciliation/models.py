"""What providers say of payments that we take for paid, and payments that only they know."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.passes.retention.rules import BY_PAYMENT


class PaymentComparison(Base):
    """What a provider says of a payment that is paid here. Append-only; once for each payment."""

    __tablename__ = "payment_comparison"
    __table_args__ = (
        CheckConstraint(
            "result IN ('agrees', 'not_paid', 'unknown_there', 'other_sum')", name="result"
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    result: Mapped[str]
    cents: Mapped[int | None]
    recorded_at: Mapped[datetime]


class UnknownPayment(Base):
    """A payment that a provider reported as paid, signed, and that is not in this database.

    Such as one that was made between a backup and the restore of it. Append-only.
    """

    __tablename__ = "unknown_payment"
    # Providers repeat their notices.
    __table_args__ = (UniqueConstraint("provider", "reference"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    provider: Mapped[str]
    reference: Mapped[str]
    cents: Mapped[int]
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class DifferenceNote(Base):
    """What staff did about a difference, named by its public id. Append-only; once for each."""

    __tablename__ = "difference_note"

    id: Mapped[Id]
    difference: Mapped[uuid.UUID] = mapped_column(unique=True)
    note: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


append_only(PaymentComparison, deletable_if=BY_PAYMENT)
append_only(UnknownPayment)
append_only(DifferenceNote)
