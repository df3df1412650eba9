"""What providers say of payments that we take for paid, and payments that only they know."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id, PublicId
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
    # How the provider knows it; NULL: it did not say so, and nothing can be given back by itself.
    provider_reference: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class DifferenceFix(Base):
    """A difference that staff let the service mend, named by its public id. Append-only; one each.

    `cents_back` is what the provider has to give back of money that never came into our books.
    """

    __tablename__ = "difference_fix"
    __table_args__ = (
        CheckConstraint("action IN ('cancel_sale', 'give_back')", name="action"),
        CheckConstraint("cents_back >= 0", name="cents_back"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    difference: Mapped[uuid.UUID] = mapped_column(unique=True)
    action: Mapped[str]
    cents_back: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


class DifferenceFixEvent(Base):
    """What the provider made of the money to give back: done or refused. Append-only."""

    __tablename__ = "difference_fix_event"
    __table_args__ = (CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),)

    id: Mapped[Id]
    fix_id: Mapped[int] = mapped_column(ForeignKey("difference_fix.id"), unique=True)
    outcome: Mapped[str]
    recorded_at: Mapped[datetime]


class DifferenceFixRequest(Base):
    """A fix that gives back more than one person may, as that person asked for it. Append-only.

    Without a decision it waits until `expires_at`; then the difference can be asked for anew.
    """

    __tablename__ = "difference_fix_request"
    __table_args__ = (
        # What a decision refers to, so that the database sees who has asked.
        UniqueConstraint("id", "requested_by"),
        # Two who ask at once: one request.
        UniqueConstraint("difference", "number"),
        CheckConstraint("cents_back > 0", name="cents_back"),
        CheckConstraint("expires_at > requested_at", name="expiry"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    difference: Mapped[uuid.UUID]
    # The first of its difference is 1.
    number: Mapped[int]
    cents_back: Mapped[int]
    requested_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class DifferenceFixDecision(Base):
    """What became of a request: confirmed, declined or retracted. Append-only; one each.

    The database refuses a confirmation by the person who has asked.
    """

    __tablename__ = "difference_fix_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "requested_by"],
            ["difference_fix_request.id", "difference_fix_request.requested_by"],
            name="fk_difference_fix_decision_request",
        ),
        CheckConstraint("outcome IN ('confirmed', 'declined', 'retracted')", name="outcome"),
        CheckConstraint("(outcome = 'confirmed') = (fix_id IS NOT NULL)", name="fix"),
        CheckConstraint(
            "(outcome = 'retracted') = (decided_by = requested_by)", name="second_person"
        ),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInt, unique=True)
    requested_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    outcome: Mapped[str]
    decided_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    note: Mapped[str | None]
    fix_id: Mapped[int | None] = mapped_column(ForeignKey("difference_fix.id"), unique=True)
    decided_at: Mapped[datetime]


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
append_only(DifferenceFix)
append_only(DifferenceFixEvent)
append_only(DifferenceFixRequest)
append_only(DifferenceFixDecision)
append_only(DifferenceNote)
