"""Payments to compare with their provider, and the differences that were found."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select, union_all
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Payment, PaymentEvent, ProviderPayment, Refund
from zone.passes.payments.providers.protocol import AmountDue
from zone.passes.payments.queries import HAS_LINES
from zone.passes.receipts.models import Receipt
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixEvent,
    DifferenceNote,
    PaymentComparison,
    UnknownPayment,
)
from zone.passes.reconciliation.rules import AGREES, CANCEL_SALE, Fix, fix_of
from zone.passes.refunds.queries import lines_left

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
class ReturnToMake:
    """What a provider has to give back of a fix; `public_id` is the reference of the refund."""

    id: int
    public_id: uuid.UUID
    provider: str
    due: AmountDue
    provider_reference: str | None


@dataclass(frozen=True, slots=True)
class FixPlan:
    """What mending a difference does: action and cents_back as of `rules.Fix`.

    `credited_cents` is taken back of the sale, and the passes of these `products` end.
    """

    action: str
    cents_back: int
    credited_cents: int
    products: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class PaymentDifference:
    """A difference between a provider and our books that nobody has looked into yet.

    `result`: not_paid, unknown_there, other_sum or unknown_here; `cents` is what the provider says,
    `expected` what is paid here, with the order. `fix`: how it is mended by one click, if it can
    be. `is_refused`: the provider refused to give the money back.
    """

    id: uuid.UUID
    result: str
    provider: str
    reference: str
    cents: int | None
    expected: int | None
    order_id: uuid.UUID | None
    found_at: datetime
    fix: FixPlan | None = None
    is_refused: bool = False


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
    refused = refused_differences(session)
    found = [*_differing_payments(session, refused), *_unknown_payments(session, refused)]
    return sorted(found, key=lambda one: one.found_at, reverse=True)


def _differing_payments(
    session: Session, refused: frozenset[uuid.UUID]
) -> Iterator[PaymentDifference]:
    """Yield the payments that are here and differ; of the `refused` ones no money comes back."""
    rows = session.execute(
        select(PaymentComparison, Payment, Order.public_id, ProviderPayment.id)
        .join(Payment, Payment.id == PaymentComparison.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .where(PaymentComparison.public_id.in_(_open()))
        .order_by(PaymentComparison.id.desc())
        .limit(MOST_SHOWN)
    )
    for row, payment, order_id, known in rows:
        fix = fix_of(row.result, row.cents, payment.cents, is_known=known is not None)
        is_refused = row.public_id in refused
        yield PaymentDifference(
            row.public_id,
            row.result,
            payment.provider,
            payment.reference,
            row.cents,
            payment.cents,
            order_id,
            row.recorded_at,
            None if is_refused else _plan(session, payment.order_id, fix),
            is_refused,
        )


def _unknown_payments(
    session: Session, refused: frozenset[uuid.UUID]
) -> Iterator[PaymentDifference]:
    """Yield the payments that only a provider knows; of the `refused` ones no money comes back."""
    rows = session.scalars(
        select(UnknownPayment)
        .where(UnknownPayment.public_id.in_(_open()))
        .order_by(UnknownPayment.id.desc())
        .limit(MOST_SHOWN)
    )
    for row in rows:
        fix = fix_of("unknown_here", row.cents, None, is_known=bool(row.provider_reference))
        is_refused = row.public_id in refused
        yield PaymentDifference(
            row.public_id,
            "unknown_here",
            row.provider,
            row.reference,
            row.cents,
            None,
            None,
            row.recorded_at,
            None if is_refused else _plan(session, None, fix),
            is_refused,
        )


def _open() -> Select[uuid.UUID]:
    """Select the public ids of the differences that have no note."""
    both = union_all(
        select(PaymentComparison.public_id.label("id")).where(PaymentComparison.result != AGREES),
        select(UnknownPayment.public_id.label("id")),
    ).subquery()
    noted = exists().where(DifferenceNote.difference == both.c.id)
    # Where a provider refuses what a fix asked of it, people have to give the money back.
    refused = exists().where(
        DifferenceFixEvent.fix_id == DifferenceFix.id, DifferenceFixEvent.outcome == "refused"
    )
    fixed = exists().where(DifferenceFix.difference == both.c.id, ~refused)
    return select(both.c.id).where(~noted, ~fixed)


def refused_differences(session: Session) -> frozenset[uuid.UUID]:
    """Return the differences whose money a provider refused to give back."""
    return frozenset(
        session.scalars(
            select(DifferenceFix.difference)
            .join(DifferenceFixEvent, DifferenceFixEvent.fix_id == DifferenceFix.id)
            .where(DifferenceFixEvent.outcome == "refused")
        )
    )


def _plan(session: Session, order_id: int | None, fix: Fix | None) -> FixPlan | None:
    """Return what a fix does; None where nothing of the sale is left to be cancelled."""
    if fix is None:
        return None
    if fix.action != CANCEL_SALE or order_id is None:
        return FixPlan(fix.action, fix.cents_back, 0, ())
    sale = session.scalar(
        select(Receipt).where(Receipt.order_id == order_id, Receipt.kind == "sale")
    )
    left = [line for line in lines_left(session, sale) if line.left] if sale else []
    if not left:
        return None
    ids = [line.order_line_id for line in left]
    products = session.scalars(
        select(Product)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.id.in_(ids))
        .order_by(OrderLine.id)
    )
    names = tuple(names_of(product) for product in products)
    return FixPlan(fix.action, fix.cents_back, sum(line.left for line in left), names)


def open_difference(session: Session, difference: uuid.UUID) -> PaymentDifference:
    """Return a difference that nobody has looked into.

    Raises:
        DomainError: not_found.
    """
    found = next((one for one in open_differences(session) if one.id == difference), None)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def returns_to_make(session: Session) -> list[ReturnToMake]:
    """Return what providers still have to give back of fixes, the oldest first."""
    waiting = (
        select(DifferenceFix)
        .where(
            DifferenceFix.cents_back > 0,
            ~exists().where(DifferenceFixEvent.fix_id == DifferenceFix.id),
        )
        .order_by(DifferenceFix.id)
    )
    return [_return_of(session, fix) for fix in session.scalars(waiting)]


def _return_of(session: Session, fix: DifferenceFix) -> ReturnToMake:
    unknown = session.scalar(
        select(UnknownPayment).where(UnknownPayment.public_id == fix.difference)
    )
    if unknown is not None:
        due = AmountDue(unknown.reference, fix.cents_back, unknown.currency)
        known, provider = unknown.provider_reference, unknown.provider
    else:
        payment = session.scalars(
            select(Payment)
            .join(PaymentComparison, PaymentComparison.payment_id == Payment.id)
            .where(PaymentComparison.public_id == fix.difference)
        ).one()
        known = session.scalar(
            select(ProviderPayment.reference).where(ProviderPayment.payment_id == payment.id)
        )
        due = AmountDue(payment.reference, fix.cents_back, payment.currency)
        provider = payment.provider
    return ReturnToMake(fix.id, fix.public_id, provider, due, known)


def open_ids() -> Select[uuid.UUID]:
    """Select the differences that nobody has looked into, for the doctor."""
    return _open()
