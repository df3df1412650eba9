"""What payment providers have paid out, row by row."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.passes.retention.rules import BY_PAYMENT


class SettlementRow(Base):
    """A row of a provider's payout: a payment or, below zero, a refund, and the fee. Append-only.

    Without a payment where no payment here has its reference. `row_key` tells a row from all
    others of its provider, so that a file may be uploaded again.
    """

    __tablename__ = "settlement_row"
    __table_args__ = (UniqueConstraint("provider", "row_key"),)

    id: Mapped[Id]
    provider: Mapped[str]
    payout: Mapped[str]
    paid_on: Mapped[date] = mapped_column(index=True)
    row_key: Mapped[str]
    reference: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    gross_cents: Mapped[int]
    fee_cents: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


append_only(SettlementRow, deletable_if=BY_PAYMENT)
