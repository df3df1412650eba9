"""What belongs to the books of an order, from its last row to the order itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, select

from zone.core.db.types import Base
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.expiries.models import OrderExpiry
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import (
    Payment,
    PaymentEvent,
    ProviderPayment,
    Refund,
    RefundedPayment,
    RefundEvent,
    RefundLine,
)
from zone.passes.provider_refunds.models import UnknownRefund
from zone.passes.quotas.models import QuotaPlace
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine
from zone.passes.reconciliation.models import PaymentComparison
from zone.passes.refund_requests.models import RefundDecision, RefundRequest
from zone.passes.settlements.models import SettlementRow
from zone.passes.tills.models import TillEntry
from zone.passes.upgrades.models import PassUpgrade
from zone.passes.vouchers.models import VoucherUse
from zone.passes.withdrawals.models import StartConsent, Withdrawal

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


@dataclass(frozen=True, slots=True)
class BookRows:
    """The rows of a table that belong to some orders."""

    model: type[Base]
    belong: ColumnElement[bool]


def orders_until(ended_at: datetime) -> Select[int]:
    """Select the ids of the orders of which nothing happened from an instant on."""
    of_payment = Payment.order_id == Order.id
    later = (
        exists().where(Receipt.order_id == Order.id, Receipt.issued_at >= ended_at),
        exists().where(of_payment, Payment.started_at >= ended_at),
        exists().where(
            of_payment,
            PaymentEvent.payment_id == Payment.id,
            PaymentEvent.recorded_at >= ended_at,
        ),
        exists().where(of_payment, Refund.payment_id == Payment.id, Refund.recorded_at >= ended_at),
        exists().where(
            of_payment,
            Refund.payment_id == Payment.id,
            RefundEvent.refund_id == Refund.id,
            RefundEvent.recorded_at >= ended_at,
        ),
    )
    return select(Order.id).where(Order.placed_at < ended_at, *(~one for one in later))


def lines_of(orders: Select[int]) -> Select[int]:
    """Select the ids of the orders' lines."""
    return select(OrderLine.id).where(OrderLine.order_id.in_(orders))


def books_of(orders: Select[int]) -> Sequence[BookRows]:
    """Return the rows of the books of some orders; what refers to a row comes before it."""
    lines = lines_of(orders)
    payments = select(Payment.id).where(Payment.order_id.in_(orders))
    refunds = select(Refund.id).where(Refund.payment_id.in_(payments))
    asked = select(RefundRequest.id).where(RefundRequest.order_id.in_(orders))
    receipts = select(Receipt.id).where(Receipt.order_id.in_(orders))
    on_receipts = select(ReceiptLine.id).where(ReceiptLine.receipt_id.in_(receipts))
    return (
        BookRows(PaymentComparison, PaymentComparison.payment_id.in_(payments)),
        BookRows(UnknownRefund, UnknownRefund.payment_id.in_(payments)),
        BookRows(SettlementRow, SettlementRow.payment_id.in_(payments)),
        BookRows(TillEntry, TillEntry.payment_id.in_(payments)),
        BookRows(RefundDecision, RefundDecision.request_id.in_(asked)),
        BookRows(RefundRequest, RefundRequest.order_id.in_(orders)),
        BookRows(RefundEvent, RefundEvent.refund_id.in_(refunds)),
        BookRows(RefundLine, RefundLine.refund_id.in_(refunds)),
        BookRows(RefundedPayment, RefundedPayment.payment_id.in_(payments)),
        BookRows(Refund, Refund.payment_id.in_(payments)),
        BookRows(PaymentEvent, PaymentEvent.payment_id.in_(payments)),
        BookRows(ProviderPayment, ProviderPayment.payment_id.in_(payments)),
        BookRows(CreditedLine, CreditedLine.receipt_line_id.in_(on_receipts)),
        BookRows(ReceiptLine, ReceiptLine.receipt_id.in_(receipts)),
        BookRows(Receipt, Receipt.order_id.in_(orders)),
        BookRows(Payment, Payment.order_id.in_(orders)),
        BookRows(PassUpgrade, PassUpgrade.order_line_id.in_(lines)),
        BookRows(QuotaPlace, QuotaPlace.order_line_id.in_(lines)),
        BookRows(VoucherUse, VoucherUse.order_id.in_(orders)),
        BookRows(OrderExpiry, OrderExpiry.order_id.in_(orders)),
        BookRows(StartConsent, StartConsent.order_id.in_(orders)),
        BookRows(Withdrawal, Withdrawal.order_id.in_(orders)),
        BookRows(OrderBundleLine, OrderBundleLine.order_line_id.in_(lines)),
        BookRows(OrderBundle, OrderBundle.order_id.in_(orders)),
        BookRows(OrderLine, OrderLine.order_id.in_(orders)),
        BookRows(Order, Order.id.in_(orders)),
    )


def as_stored(rows: BookRows) -> Select[Any]:
    """Select the rows with all columns, in the order of their keys."""
    table = rows.model.__table__
    return (
        select(*table.c)
        .select_from(table)
        .where(rows.belong)
        .order_by(*table.primary_key)
        .execution_options(yield_per=AT_ONCE)
    )
