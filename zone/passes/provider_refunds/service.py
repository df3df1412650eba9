"""Store refunds that only a provider knows. Never commits."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.core.ids import new_public_id
from zone.passes.payments.models import Payment, Refund
from zone.passes.payments.providers import paytrail
from zone.passes.payments.providers.protocol import MadeRefund
from zone.passes.provider_refunds.models import UnknownRefund

BY_PAYOUT: Final = (paytrail.NAME,)
"""The providers that list no refunds: only their payouts say what they gave back."""


def record_unknown(
    session: Session, provider: str, reference: str, made: MadeRefund, now: datetime
) -> bool:
    """Store a refund of the payment with our `reference`; return whether it is new and ours."""
    payment_id = session.scalar(
        select(Payment.id).where(Payment.provider == provider, Payment.reference == reference)
    )
    if payment_id is None:  # of what is not in our books either, nothing was sold
        return False
    return _store(session, payment_id, made.reference, made.cents, made.at, now)


def record_paid_out(
    session: Session, payment_id: int, reference: str, cents: int, at: datetime, now: datetime
) -> bool:
    """Store what a payout says was given back of a payment; return whether it is unknown and new.

    A refund of that sum that our books have is taken for it.
    """
    known = exists().where(Refund.payment_id == payment_id, Refund.cents == cents)
    if session.scalar(select(known)):
        return False
    return _store(session, payment_id, reference, cents, at, now)


def _store(
    session: Session, payment_id: int, reference: str, cents: int, at: datetime, now: datetime
) -> bool:
    row = {
        "public_id": new_public_id(),
        "payment_id": payment_id,
        "provider_reference": reference,
        "cents": cents,
        "occurred_at": at,
        "recorded_at": now,
    }
    return bool(insert_new(session, UnknownRefund, [row], UnknownRefund.id))
