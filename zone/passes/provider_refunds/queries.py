"""Which refunds of a provider our books have."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.payments.providers.protocol import MadeRefund
from zone.passes.provider_refunds.models import UnknownRefund
from zone.passes.reconciliation.models import DifferenceFix


def has_payments(session: Session, provider: str, since: datetime) -> bool:
    """Return whether a payment through a provider was paid since then."""
    paid = exists().where(
        PaymentEvent.payment_id == Payment.id,
        PaymentEvent.outcome == "paid",
        PaymentEvent.recorded_at >= since,
        Payment.provider == provider,
    )
    return session.scalar(select(paid)) or False


def unknown_among(session: Session, provider: str, made: Iterable[MadeRefund]) -> list[MadeRefund]:
    """Return those refunds of a provider that are not in our books, and were not found before."""
    made = list(made)
    asked = [one for text in made if (one := _as_id(text.refund))]
    ours = set(session.scalars(select(Refund.public_id).where(Refund.public_id.in_(asked))))
    ours |= set(
        session.scalars(select(DifferenceFix.public_id).where(DifferenceFix.public_id.in_(asked)))
    )
    found = set(
        session.scalars(
            select(UnknownRefund.provider_reference)
            .join(Payment, Payment.id == UnknownRefund.payment_id)
            .where(
                Payment.provider == provider,
                UnknownRefund.provider_reference.in_([one.reference for one in made]),
            )
        )
    )
    return [one for one in made if one.reference not in found and _as_id(one.refund) not in ours]


def _as_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:  # another system wrote it
        return None
