"""What must hold between orders, payments, receipts, refunds and passes, for `zone doctor`.

These tables are append-only, so it is rows that somebody has added that disagree: a receipt that
nobody paid, a pass that ended without a refund, money without a pass.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import Receipt
from zone.passes.retention.models import DeletedYear, PassOrigin
from zone.passes.withdrawals.models import Withdrawal

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
    refund = exists().where(
        Payment.order_id == Receipt.order_id,
        Refund.payment_id == Payment.id,
        Refund.recorded_by.is_not(None),
        Refund.cents == -Receipt.cents,
    )
    # After a withdrawal the days that were used are not paid back.
    withdrawn = exists().where(Withdrawal.order_id == Order.id)
    other_sum = or_(
        Receipt.cents < -Order.total_cents,
        and_(Receipt.cents != -Order.total_cents, ~withdrawn),
    )
    return _receipts("refund").where(or_(~refund, other_sum))


def _refunds() -> Select[Any]:
    """Return the refunds of what was not paid, and those by staff without a receipt."""
    receipt = exists().where(Receipt.order_id == Payment.order_id, Receipt.kind == "refund")
    by_staff = Refund.recorded_by.is_not(None)
    return (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(or_(~_is_paid(), and_(by_staff, ~receipt)))
    )


def _credits() -> Select[Any]:
    refund = exists().where(Refund.payment_id == Receipt.payment_id, Refund.recorded_by.is_(None))
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
    return _passes_of_orders().where(_order_is_refunded(), ~_has_ended())


def _passes_that_ended_without_refund() -> Select[Any]:
    # Of a pass whose order went with its accounting year the refund went too.
    deleted = exists().where(
        PassEvent.pass_id == Pass.id,
        PassEvent.kind == "refunded",
        PassEvent.recorded_at < DeletedYear.ended_at,
        PassOrigin.pass_id.in_([Pass.id, Pass.root_id]),
    )
    return _passes_of_orders().where(~_order_is_refunded(), _has_ended(), ~deleted)


def _passes_of_orders() -> Select[Any]:
    """Return the passes with their own order, and that of the first one of their chain, if any."""
    root = aliased(Pass)
    return (
        select(Pass.id)
        .join(root, root.id == func.coalesce(Pass.root_id, Pass.id))
        .outerjoin(OrderLine, OrderLine.id == root.order_line_id)
        .outerjoin(_OwnLine, _OwnLine.id == Pass.order_line_id)
    )


def _order_is_refunded() -> ColumnElement[bool]:
    # The order of an upgrade may be refunded alone; that of the first pass ends the whole chain.
    of_either = or_(Receipt.order_id == OrderLine.order_id, Receipt.order_id == _OwnLine.order_id)
    return exists().where(of_either, Receipt.kind == "refund")


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
