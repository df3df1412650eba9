"""What the comparison of a payment with its provider needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.passes.payments.models import Payment, PaymentEvent, ProviderPayment, Refund
from zone.passes.payments.providers.protocol import AmountDue
from zone.passes.payments.queries import HAS_LINES
from zone.passes.reconciliation.models import PaymentComparison


@dataclass(frozen=True, slots=True)
class PaymentToCompare:
    """A payment that is paid here, with the sums that were given back of it."""

    id: int
    provider: str
    due: AmountDue
    provider_reference: str | None
    given_back: frozenset[int]


def payments_to_compare(
    session: Session, providers: Sequence[str], since: datetime, until: datetime
) -> list[PaymentToCompare]:
    """Return the payments of these providers that were paid in [since, until), not yet compared."""
    rows = session.execute(
        select(Payment, ProviderPayment.reference)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .where(
            PaymentEvent.outcome == "paid",
            PaymentEvent.recorded_at >= since,
            PaymentEvent.recorded_at < until,
            Payment.provider.in_(providers),
            ~exists().where(PaymentComparison.payment_id == Payment.id),
        )
        .order_by(Payment.id)
    ).all()
    sums = session.execute(
        select(Refund.payment_id, Refund.cents).where(
            # Of a part of what was sold the provider still says the whole sum.
            Refund.payment_id.in_([payment.id for payment, _ in rows]),
            ~HAS_LINES,
        )
    ).all()
    return [
        PaymentToCompare(
            payment.id,
            payment.provider,
            AmountDue(payment.reference, payment.cents, payment.currency),
            reference,
            frozenset(cents for of, cents in sums if of == payment.id),
        )
        for payment, reference in rows
    ]
