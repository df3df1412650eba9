"""Payments, what their provider reported, and refunds."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.passes.retention.rules import BY_ORDER, BY_PAYMENT, if_covered


class Payment(Base):
    """One attempt to pay an order; the provider knows it by its random `reference`."""

    __tablename__ = "payment"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    provider: Mapped[str]
    reference: Mapped[str] = mapped_column(unique=True)
    cents: Mapped[int]
    currency: Mapped[str]
    # Of what was paid at the counter: the number of the terminal's receipt, of the payment with an
    # exercise benefit, or of the voucher. Never that of a card.
    method_reference: Mapped[str | None]
    started_at: Mapped[datetime]


class PaymentEvent(Base):
    """An outcome of a payment that its provider reported. Append-only; each outcome once.

    `pending`: the provider waits for the buyer's bank, and reports the outcome later.
    """

    __tablename__ = "payment_event"
    __table_args__ = (
        # Providers repeat their notices. Who inserts the row of `paid` grants the order, so one
        # does.
        Index("uq_payment_event_payment_id_outcome", "payment_id", "outcome", unique=True),
        CheckConstraint("outcome IN ('paid', 'declined', 'cancelled', 'pending')", name="outcome"),
    )

    id: Mapped[Id]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    outcome: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ProviderPayment(Base):
    """A payment as its provider knows it: the provider's reference, and the address to pay at.

    Append-only. A payment without this row and without an outcome is *created*: the provider was
    not asked yet, or its answer was lost.
    """

    __tablename__ = "provider_payment"

    id: Mapped[Id]
    # Unique: of two requests that start one payment, the first answer counts.
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    reference: Mapped[str]
    address: Mapped[str]
    recorded_at: Mapped[datetime]


class Refund(Base):
    """A refund of a payment in whole or in part, by staff or automatically. Append-only.

    With lines it refunds what was sold, and has a credit note. Without lines it gives back money
    that sold nothing, such as a second payment, and has a credit receipt; `reason` is then one of
    `rules.RETURNED`, or what staff wrote. An automatic one has no `recorded_by`.
    """

    __tablename__ = "refund"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    cents: Mapped[int]
    reason: Mapped[str]
    # How the desk gave it back, of what was paid at the counter; NULL: as it was paid.
    method: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class RefundLine(Base):
    """How much of a line of the order a refund gives back, and whether its pass ends."""

    __tablename__ = "refund_line"
    __table_args__ = (
        UniqueConstraint("refund_id", "order_line_id"),
        CheckConstraint("cents >= 0", name="cents"),
    )

    id: Mapped[Id]
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    cents: Mapped[int]
    ends_pass: Mapped[bool]


class RefundedPayment(Base):
    """How much of a payment was given back so far. Locked while a refund is written.

    The database refuses to give back more than was paid, whatever became of the locks.
    """

    __tablename__ = "refunded_payment"
    __table_args__ = (CheckConstraint("refunded_cents BETWEEN 0 AND paid_cents", name="refunded"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    paid_cents: Mapped[int]
    refunded_cents: Mapped[int]


class RefundEvent(Base):
    """What became of a refund: the provider has done or refused it, or staff gave it back by hand.

    Append-only; the newest holds. A refund without a row is still to be carried out.
    """

    __tablename__ = "refund_event"
    __table_args__ = (
        UniqueConstraint("refund_id", "outcome"),
        CheckConstraint("outcome IN ('done', 'refused', 'by_hand')", name="outcome"),
    )

    id: Mapped[Id]
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"))
    outcome: Mapped[str]
    recorded_at: Mapped[datetime]


_OF_REFUND: Final = if_covered(
    "(SELECT payment.order_id FROM payment JOIN refund ON refund.payment_id = payment.id "
    "WHERE refund.id = OLD.refund_id)"
)
append_only(Payment, deletable_if=BY_ORDER)
append_only(PaymentEvent, deletable_if=BY_PAYMENT)
append_only(ProviderPayment, deletable_if=BY_PAYMENT)
append_only(Refund, deletable_if=BY_PAYMENT)
append_only(RefundLine, deletable_if=_OF_REFUND)
append_only(RefundEvent, deletable_if=_OF_REFUND)
