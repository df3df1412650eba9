"""Payments to compare with their provider, and the differences that were found."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select, union_all
from sqlalchemy.orm import Session

from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment, PaymentEvent, ProviderPayment, Refund
from zone.passes.payments.providers.protocol import AmountDue
from zone.passes.payments.queries import HAS_LINES
from zone.passes.reconciliation.models import DifferenceNote, PaymentComparison, UnknownPayment
from zone.passes.reconciliation.rules import AGREES

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PaymentToCompare:
    """A payment that is paid here, with the sums that were given back of it."""

    id: int
    provider: str
    due: AmountDue
    provider_reference: str | None
    given_back: frozenset[int]


@dataclass(frozen=True, slots=True)
class PaymentDifference:
    """A difference between a provider and our books that nobody has looked into yet.

    `result`: not_paid, unknown_there, other_sum or unknown_here; `cents` is what the provider says,
    `expected` what is paid here, with the order.
    """

    id: uuid.UUID
    result: str
    provider: str
    reference: str
    cents: int | None
    expected: int | None
    order_id: uuid.UUID | None
    found_at: datetime


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


def open_differences(session: Session) -> list[PaymentDifference]:
    """Return the differences without a note, the newest first."""
    compared = session.execute(
        select(PaymentComparison, Payment, Order.public_id)
        .join(Payment, Payment.id == PaymentComparison.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(PaymentComparison.public_id.in_(_open()))
        .order_by(PaymentComparison.id.desc())
        .limit(MOST_SHOWN)
    )
    unknown = session.scalars(
        select(UnknownPayment)
        .where(UnknownPayment.public_id.in_(_open()))
        .order_by(UnknownPayment.id.desc())
        .limit(MOST_SHOWN)
    )
    found = [
        PaymentDifference(
            row.public_id,
            row.result,
            payment.provider,
            payment.reference,
            row.cents,
            payment.cents,
            order_id,
            row.recorded_at,
        )
        for row, payment, order_id in compared
    ] + [
        PaymentDifference(
            row.public_id,
            "unknown_here",
            row.provider,
            row.reference,
            row.cents,
            None,
            None,
            row.recorded_at,
        )
        for row in unknown
    ]
    return sorted(found, key=lambda one: one.found_at, reverse=True)


def _open() -> Select[uuid.UUID]:
    """Select the public ids of the differences that have no note."""
    both = union_all(
        select(PaymentComparison.public_id.label("id")).where(PaymentComparison.result != AGREES),
        select(UnknownPayment.public_id.label("id")),
    ).subquery()
    noted = exists().where(DifferenceNote.difference == both.c.id)
    return select(both.c.id).where(~noted)


def open_ids() -> Select[uuid.UUID]:
    """Select the differences that nobody has looked into, for the doctor."""
    return _open()
