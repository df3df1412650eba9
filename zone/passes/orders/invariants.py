"""What must hold between orders, payments, receipts, refunds and passes, for `zone doctor`.

These tables are append-only, so it is rows that somebody has added that disagree: a receipt that
nobody paid, a pass that ended without a refund, money without a pass.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import (
    Payment,
    PaymentEvent,
    Refund,
    RefundedPayment,
    RefundLine,
)
from zone.passes.payments.queries import HAS_LINES
from zone.passes.receipts.models import Receipt
from zone.passes.retention.models import DeletedYear, PassOrigin

_OwnLine = aliased(OrderLine)


def count_disagreements(session: Session, _named_since: datetime) -> int:
    """Count the rows of money that the other tables contradict."""
    return sum(count_rows(session, rows) for rows in _disagreements())


def _disagreements() -> Iterator[Select[Any]]:
    yield _orders_of_another_sum()
    yield _payments_of_another_sum()
    yield _sales()
    yield _refund_receipts()
    yield _refunds()
    yield _refunded_payments()
    yield _credits()
    yield _sales_without_pass()
    yield _passes_that_outlive_their_refund()
    yield _passes_that_ended_without_refund()


def _orders_of_another_sum() -> Select[Any]:
    lines = select(func.sum(OrderLine.cents)).where(OrderLine.order_id == Order.id)
    return select(Order.id).where(func.coalesce(lines.scalar_subquery(), -1) != Order.total_cents)


def _payments_of_another_sum() -> Select[Any]:
    return (
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(or_(Payment.cents != Order.total_cents, Payment.currency != Order.currency))
    )


def _is_paid() -> ColumnElement[bool]:
    return exists().where(PaymentEvent.payment_id == Payment.id, PaymentEvent.outcome == "paid")


def _sales() -> Select[Any]:
    """Return the receipts of sales that nobody paid, or of another sum."""
    paid = exists().where(Payment.order_id == Receipt.order_id, _is_paid())
    return _receipts("sale").where(or_(~paid, Receipt.cents != Order.total_cents))


def _refund_receipts() -> Select[Any]:
    """Return the orders whose credit notes are not what staff have refunded, one for each."""
    notes = select(func.count(), func.coalesce(func.sum(Receipt.cents), 0)).where(
        Receipt.order_id == Order.id, Receipt.kind == "refund"
    )
    refunds = (
        select(func.count(), func.coalesce(func.sum(-Refund.cents), 0))
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.order_id == Order.id, HAS_LINES)
    )
    differs = [_column(notes, number) != _column(refunds, number) for number in range(2)]
    return select(Order.id).where(or_(*differs))


def _column(query: Select[*tuple[Any, ...]], number: int) -> ColumnElement[int]:
    only = query.with_only_columns(query.selected_columns[number], maintain_column_froms=True)
    return cast(only.scalar_subquery(), BigInteger)


def _refunds() -> Select[Any]:
    """Return the refunds of what was not paid, of another sum than their lines, and those by staff
    that gave back what was sold and name no line of it.
    """
    lines = select(func.sum(RefundLine.cents)).where(RefundLine.refund_id == Refund.id)
    sum_of_lines = cast(lines.scalar_subquery(), BigInteger)
    credit = exists().where(Receipt.payment_id == Refund.payment_id)
    without = and_(Refund.recorded_by.is_not(None), ~HAS_LINES, ~credit)
    return (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(or_(~_is_paid(), without, sum_of_lines != Refund.cents))
    )


def _refunded_payments() -> Select[Any]:
    """Return the payments of which another sum was given back than is counted."""
    given = select(func.coalesce(func.sum(Refund.cents), 0)).where(Refund.payment_id == Payment.id)
    counted = func.coalesce(RefundedPayment.refunded_cents, 0)
    return (
        select(Payment.id)
        .outerjoin(RefundedPayment, RefundedPayment.payment_id == Payment.id)
        .where(counted != cast(given.scalar_subquery(), BigInteger))
    )


def _credits() -> Select[Any]:
    refund = exists().where(Refund.payment_id == Receipt.payment_id, ~HAS_LINES)
    return _receipts("credit").where(~refund)


def _receipts(kind: str) -> Select[Any]:
    return select(Receipt.id).join(Order, Order.id == Receipt.order_id).where(Receipt.kind == kind)


def _sales_without_pass() -> Select[Any]:
    sold = exists().where(Receipt.order_id == OrderLine.order_id, Receipt.kind == "sale")
    given = exists().where(Pass.order_line_id == OrderLine.id)
    return (
        select(OrderLine.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(func.coalesce(OrderLine.kind, Product.kind) != FEE, sold, ~given)
    )


def _passes_that_outlive_their_refund() -> Select[Any]:
    return _passes_of_orders().where(or_(_is_ended_by_refund(), _is_given_back()), ~_has_ended())


def _passes_that_ended_without_refund() -> Select[Any]:
    # Of a pass whose order went with its accounting year the refund went too.
    deleted = exists().where(
        PassEvent.pass_id == Pass.id,
        PassEvent.kind == "refunded",
        PassEvent.recorded_at < DeletedYear.ended_at,
        PassOrigin.pass_id.in_([Pass.id, Pass.root_id]),
    )
    refunded = or_(_is_ended_by_refund(), _is_ended_by_refund_before())
    return _passes_of_orders().where(~refunded, _has_ended(), ~deleted)


def _passes_of_orders() -> Select[Any]:
    """Return the passes with their own order, and that of the first one of their chain, if any."""
    root = aliased(Pass)
    return (
        select(Pass.id)
        .join(root, root.id == func.coalesce(Pass.root_id, Pass.id))
        .outerjoin(OrderLine, OrderLine.id == root.order_line_id)
        .outerjoin(_OwnLine, _OwnLine.id == Pass.order_line_id)
    )


def _is_ended_by_refund() -> ColumnElement[bool]:
    # The line of an upgrade may be refunded alone; that of the first pass ends the whole chain.
    of_either = RefundLine.order_line_id.in_((OrderLine.id, _OwnLine.id))
    return exists().where(of_either, RefundLine.ends_pass)


def _is_ended_by_refund_before() -> ColumnElement[bool]:
    """Whether the line of an upgrade was refunded that came before the pass in its chain."""
    before = aliased(Pass)
    return exists().where(
        before.root_id == Pass.root_id,
        before.id < Pass.id,
        RefundLine.order_line_id == before.order_line_id,
        RefundLine.ends_pass,
    )


def _is_given_back() -> ColumnElement[bool]:
    """Whether nothing is left of what was paid for the pass."""
    back = select(func.sum(RefundLine.cents)).where(RefundLine.order_line_id == OrderLine.id)
    whole = cast(func.coalesce(back.scalar_subquery(), 0), BigInteger) >= OrderLine.cents
    return and_(OrderLine.cents > 0, whole)


def _has_ended() -> ColumnElement[bool]:
    return exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "books",
        "orders, payments, receipts, refunds and passes agree",
        count_disagreements,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`) and "
        "the provider's report, and tell the accountant.",
    ),
)
