"""Payments to start, to look up and to give back, and those that were given back."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.members.people.queries import member_by_id
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import (
    Payment,
    PaymentEvent,
    ProviderPayment,
    Refund,
    RefundEvent,
    RefundLine,
)
from zone.passes.payments.providers.protocol import (
    AmountDue,
    PaymentItem,
    PaymentRequest,
    RefundDue,
)
from zone.passes.payments.rules import METHODS, PATIENCE, WITHOUT_PROVIDER, reason_text
from zone.passes.receipts.models import Receipt

_OUTCOME: Final = (
    select(RefundEvent.outcome)
    .where(RefundEvent.refund_id == Refund.id)
    .order_by(RefundEvent.id.desc())
    .limit(1)
    .correlate(Refund)
    .scalar_subquery()
)
"""What became of a refund; NULL while it waits."""
HAS_LINES: Final = exists().where(RefundLine.refund_id == Refund.id).correlate(Refund)
"""A refund of what was sold; without lines it gives back money that sold nothing."""


@dataclass(frozen=True, slots=True)
class PaymentToStart:
    """A payment with what its provider has to know; `address` is set once it was created there."""

    provider: str
    request: PaymentRequest
    address: str | None


@dataclass(frozen=True, slots=True)
class PaymentToFind:
    """A payment that is not paid, as far as we know, with the outcomes that were reported.

    No `provider_reference` where it may not have been created.
    """

    id: int
    provider: str
    started_at: datetime
    due: AmountDue
    provider_reference: str | None
    outcomes: frozenset[str]


@dataclass(frozen=True, slots=True)
class RefundToMake:
    """A refund that is still to be carried out by a provider, with both ids of its order."""

    id: int
    order: int
    order_id: uuid.UUID
    provider: str
    recorded_at: datetime
    due: RefundDue


@dataclass(frozen=True, slots=True)
class ReturnedPayment:
    """A payment of an order that was given back without being asked for, and why, by language.

    `receipt` is empty where there were no credit receipts yet. `outcome`: waiting, done, refused
    (it has to be given back by hand) or by_hand.
    """

    order_id: uuid.UUID
    cents: int
    reason: Mapping[str, str]
    at: datetime
    receipt: str | None
    outcome: str


def payment_to_start(session: Session, payment_id: int, callback_url: str) -> PaymentToStart:
    """Return a payment with its order's lines and buyer.

    `callback_url` has the provider's name in braces.
    """
    payment = session.get_one(Payment, payment_id)
    order = session.get_one(Order, payment.order_id)
    buyer = member_by_id(session, order.member_id)
    address = session.scalar(
        select(ProviderPayment.address).where(ProviderPayment.payment_id == payment_id)
    )
    request = PaymentRequest(
        due=_due(payment),
        items=_items(session, order.id, buyer.language),
        email=buyer.email,
        language=buyer.language,
        callback_url=callback_url.format(provider=payment.provider),
    )
    return PaymentToStart(payment.provider, request, address)


def _due(payment: Payment) -> AmountDue:
    return AmountDue(payment.reference, payment.cents, payment.currency)


def _items(session: Session, order_id: int, language: str) -> Sequence[PaymentItem]:
    rows = session.execute(
        select(OrderLine, Product)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    return [
        PaymentItem(product.code, names_of(product).get(language, ""), line.cents, line.vat_bp)
        for line, product in rows
    ]


def payments_to_find(
    session: Session, providers: Sequence[str], since: datetime, until: datetime
) -> list[PaymentToFind]:
    """Return the payments that are not known to be paid and were started in [since, until).

    Also those that were declined or cancelled: at some providers the buyer goes back and pays.
    """
    succeeded = aliased(PaymentEvent)
    paid = exists().where(succeeded.payment_id == Payment.id, succeeded.outcome == "paid")
    rows = session.execute(
        select(Payment, ProviderPayment.reference, PaymentEvent.outcome)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .outerjoin(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(
            Payment.provider.in_(providers),
            Payment.started_at >= since,
            Payment.started_at < until,
            ~paid,
        )
        .order_by(Payment.id)
    )
    outcomes: dict[tuple[Payment, str | None], set[str]] = {}
    for payment, reference, outcome in rows:
        outcomes.setdefault((payment, reference), set()).update({outcome} - {None})
    return [
        PaymentToFind(
            payment.id,
            payment.provider,
            payment.started_at,
            _due(payment),
            reference,
            frozenset(reported),
        )
        for (payment, reference), reported in outcomes.items()
    ]


def refunds_to_make(
    session: Session, providers: Sequence[str], callback_url: str
) -> list[RefundToMake]:
    """Return the refunds of these providers' payments that are still to be carried out.

    `callback_url` has the provider's name in braces.
    """
    rows = session.execute(
        select(Refund, Payment, Order.public_id, ProviderPayment.reference)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .where(
            Payment.provider.in_(providers),
            Refund.method.is_(None),  # of a sale that it has no payment of nothing goes back
            ~exists().where(RefundEvent.refund_id == Refund.id),
        )
        .order_by(Refund.id)
    )
    return [
        RefundToMake(
            refund.id,
            payment.order_id,
            order_id,
            payment.provider,
            refund.recorded_at,
            # The sum of the refund: what came may have been another than was due.
            RefundDue(
                str(refund.public_id),
                replace(_due(payment), cents=refund.cents),
                reference,
                callback_url.format(provider=payment.provider),
            ),
        )
        for refund, payment, order_id, reference in rows
    ]


def is_refund_waiting(session: Session, refund_id: int) -> bool:
    """Return whether a refund is still to be carried out: nobody has made or refused it."""
    made = select(RefundEvent.id).where(RefundEvent.refund_id == refund_id).limit(1)
    return session.scalar(made) is None


def refund_to_give_by_hand(session: Session, order_id: int, now: datetime) -> int | None:
    """Return the refund of an order that its provider refused, or has not made for too long, or
    that the desk owes its buyer, who has withdrawn from what they had paid there.
    """
    owed = (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            _OUTCOME.is_(None),
            Refund.method.is_(None),
            Refund.cents > 0,
            Refund.recorded_by == Order.member_id,
            Payment.provider.in_(METHODS),
        )
    )
    found = (
        session.scalar(refunds.where(Payment.order_id == order_id).order_by(Refund.id).limit(1))
        for refunds in (refunds_by_hand(now), owed)
    )
    return next((refund_id for refund_id in found if refund_id is not None), None)


def refunds_by_hand(now: datetime) -> Select[int]:
    """Select the refunds that a provider refused, or has not made for PATIENCE; not yet made."""
    waits = and_(
        _OUTCOME.is_(None),
        Refund.method.is_(None),
        Payment.provider.not_in(WITHOUT_PROVIDER),
        Refund.recorded_at <= now - PATIENCE,
    )
    return (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(or_(_OUTCOME == "refused", waits))
    )


def refund_by_staff(session: Session, order_id: int) -> str | None:
    """Return what became of the money that staff gave back for an order; None without a refund.

    waiting, done, refused or by_hand, as of a returned payment; where no provider can give it back,
    how it was paid or is given back: free, or one of `GIVEN_BACK_BY`. Of several refunds the one
    that needs somebody's attention most.
    """
    rows = session.execute(
        select(func.coalesce(Refund.method, Payment.provider), _OUTCOME)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.order_id == order_id, HAS_LINES)
        .order_by(Refund.id.desc())
    ).all()
    states = [str(state or (way if way in WITHOUT_PROVIDER else "waiting")) for way, state in rows]
    return min(states, key=_attention, default=None)


def _attention(state: str) -> int:
    return ("refused", "waiting").index(state) if state in ("refused", "waiting") else 2


def refunded_cents(session: Session, order_id: int) -> int:
    """Return how much of what an order sold staff have given back."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Refund.cents), 0))
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Payment.order_id == order_id, HAS_LINES)
        )
        or 0
    )


def returned_payments(session: Session, order_id: int) -> list[ReturnedPayment]:
    """Return the payments of an order that were given back automatically, the oldest first."""
    return _returned(session, Payment.order_id == order_id)


def returned_to(session: Session, member_id: int) -> list[ReturnedPayment]:
    """Return the payments that were given back to a member automatically, the oldest first."""
    return _returned(session, Order.member_id == member_id)


def _returned(session: Session, condition: ColumnElement[bool]) -> list[ReturnedPayment]:
    rows = session.execute(
        select(Refund, Receipt, Order.public_id, _OUTCOME)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(condition, ~HAS_LINES)
        .order_by(Refund.id)
    )
    return [
        ReturnedPayment(
            order_id,
            refund.cents,
            reason_text(refund.reason),
            refund.occurred_at,
            receipt.printed_number if receipt else None,
            outcome or "waiting",
        )
        for refund, receipt, order_id, outcome in rows
    ]


def own_refunds(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return what was given back to a member, for the export of one's own data."""
    return (
        select(
            Order.public_id.label("order"),
            Refund.cents,
            Refund.reason,
            Refund.occurred_at,
            Payment.provider.label("paid_by"),
            _OUTCOME.label("outcome"),
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(Order.member_id == member_id)
    )


def own_refund_lines(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return what was given back of each line to a member, for the export of one's own data."""
    return (
        select(
            Order.public_id.label("order"),
            Product.name_en.label("product"),
            RefundLine.cents,
            RefundLine.ends_pass,
            Refund.occurred_at,
        )
        .join(Refund, Refund.id == RefundLine.refund_id)
        .join(OrderLine, OrderLine.id == RefundLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.member_id == member_id)
    )


def own_payments(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's payments and their outcomes, for the export of one's own data."""
    return (
        select(
            Order.public_id.label("order"),
            Payment.provider,
            Payment.cents,
            Payment.started_at,
            PaymentEvent.outcome,
            PaymentEvent.occurred_at,
        )
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(Order.member_id == member_id)
    )
