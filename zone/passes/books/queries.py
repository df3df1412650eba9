"""Documents of a time in their order, the chart of accounts, and the report of a month."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import CTE, bindparam, func, select
from sqlalchemy.orm import Session

from zone.core.time import day_window, helsinki_date
from zone.passes.books.models import AccountRule
from zone.passes.books.rules import (
    CASH_MOVED,
    DIFFERENCE,
    PAYOUT,
    Chart,
    ChartRow,
    Document,
    DocumentLine,
)
from zone.passes.catalogue.models import Product
from zone.passes.numbering.rules import printed
from zone.passes.orders.models import OrderLine
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.settlements.queries import payout_sums
from zone.passes.tills.models import CashMovement, Till, TillClose, TillCount, TillDay, TillEntry
from zone.places.campuses.models import Campus


def chart_rows(session: Session) -> list[ChartRow]:
    """Return the rows of the chart in the order in which they were recorded."""
    return [
        ChartRow(row.slot, row.subject, row.valid_from, row.account, row.vat_code)
        for row in session.scalars(select(AccountRule).order_by(AccountRule.id))
    ]


def chart(session: Session) -> Chart:
    """Return the chart of accounts."""
    return Chart(chart_rows(session))


def documents(session: Session, first: date, last: date) -> Iterator[Document]:
    """Yield what is posted from a day to a day, both included, by day; a day is in memory."""
    return heapq.merge(
        _receipts(session, first, last),
        _cash(session, first, last),
        _payouts(session, first, last),
        key=lambda document: document.day,
    )


def _receipts(session: Session, first: date, last: date) -> Iterator[Document]:
    # Day by day: a connection that only reads has no transaction in which PostgreSQL could keep a
    # cursor, and a day is small. What is over does not change any more.
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        since, until = day_window(day)
        rows = session.execute(_statement(), {"since": since, "until": until}).all()
        for _id, group in groupby(rows, key=lambda row: row[0]):
            yield _document(list(group))


@cache
def _statement() -> Any:
    # Made once: for a year of quiet days that took longer than to read them.
    one = _issued().c
    return (
        select(
            one.id,
            one.series,
            one.year,
            one.number,
            one.kind,
            one.issued_at,
            one.cents,
            Payment.provider,
            Campus.code,
            func.coalesce(OrderLine.kind, Product.kind),
            ReceiptLine.vat_bp,
            ReceiptLine.cents,
            ReceiptLine.vat_cents,
            ReceiptLine.supplied_on,
            ReceiptLine.name_fi,
        )
        .outerjoin(ReceiptLine, ReceiptLine.receipt_id == one.id)
        .outerjoin(OrderLine, OrderLine.id == ReceiptLine.order_line_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .outerjoin(Payment, Payment.id == one.paid_by)
        .outerjoin(TillEntry, (TillEntry.payment_id == Payment.id) & TillEntry.refund_id.is_(None))
        .outerjoin(TillDay, TillDay.id == TillEntry.till_day_id)
        .outerjoin(Till, Till.id == TillDay.till_id)
        .outerjoin(Campus, Campus.id == Till.campus_id)
        .order_by(one.issued_at, one.id, ReceiptLine.id)
    )


def _issued() -> CTE:
    """Return the receipts of a time, each with the payment that it is about as `paid_by`.

    Materialized: to join payments on the expression PostgreSQL read all of them, for each day anew.
    """
    issued = select(
        Receipt.id,
        Receipt.series,
        Receipt.year,
        Receipt.number,
        Receipt.kind,
        Receipt.issued_at,
        Receipt.cents,
        func.coalesce(Receipt.payment_id, _granted_payment()).label("paid_by"),
    ).where(Receipt.issued_at >= bindparam("since"), Receipt.issued_at < bindparam("until"))
    return issued.cte("issued").prefix_with("MATERIALIZED", dialect="postgresql")


def _granted_payment() -> Any:
    """Return the payment that an order was granted for: paid, and not given back by itself."""
    paid, back = PaymentEvent, Refund
    one = Payment.__table__.alias("granted")
    return (
        select(func.min(one.c.id))
        .join(paid, (paid.payment_id == one.c.id) & (paid.outcome == "paid"))
        .outerjoin(back, (back.payment_id == one.c.id) & back.recorded_by.is_(None))
        .where(one.c.order_id == Receipt.order_id, back.id.is_(None))
        .correlate(Receipt)
        .scalar_subquery()
    )


def _document(rows: list[Any]) -> Document:
    first = rows[0]
    lines = [
        DocumentLine(kind, vat_bp, cents, vat_cents, supplied_on, name)
        for *_head, kind, vat_bp, cents, vat_cents, supplied_on, name in rows
        if cents is not None
    ]
    return Document(
        number=printed(first[1], first[2], first[3]),
        kind=first[4],
        day=helsinki_date(first[5]),
        cents=first[6],
        method=first[7] or "",
        campus=first[8] or "",
        lines=lines,
    )


def _cash(session: Session, first: date, last: date) -> list[Document]:
    """Return the cash that moved without a sale, and the differences of closes, by day."""
    since, until = day_window(first)[0], day_window(last)[1]
    moves = session.execute(
        select(CashMovement, Till.code, Campus.code)
        .join(TillDay, TillDay.id == CashMovement.till_day_id)
        .join(Till, Till.id == TillDay.till_id)
        .join(Campus, Campus.id == Till.campus_id)
        .where(CashMovement.recorded_at >= since, CashMovement.recorded_at < until)
    )
    counts = session.execute(
        select(TillCount, TillClose.closed_at, Till.code, Campus.code)
        .join(TillClose, TillClose.id == TillCount.till_close_id)
        .join(TillDay, TillDay.id == TillClose.till_day_id)
        .join(Till, Till.id == TillDay.till_id)
        .join(Campus, Campus.id == Till.campus_id)
        .where(
            TillClose.closed_at >= since,
            TillClose.closed_at < until,
            TillCount.counted_cents != TillCount.expected_cents,
        )
    )
    found = [
        _cash_document(CASH_MOVED, f"{till}/{row.id}", row.recorded_at, row.cents, campus, row)
        for row, till, campus in moves
    ] + [
        _cash_document(
            DIFFERENCE,
            f"{till}/{row.id}",
            closed_at,
            row.counted_cents - row.expected_cents,
            campus,
            row,
            row.method,
        )
        for row, closed_at, till, campus in counts
    ]
    return sorted(found, key=lambda one: one.day)


def _payouts(session: Session, first: date, last: date) -> list[Document]:
    """Return what providers have paid out, by day."""
    return [
        Document(
            one.payout,
            PAYOUT,
            one.paid_on,
            one.gross_cents,
            one.provider,
            "",
            (),
            one.payout,
            one.fee_cents,
        )
        for one in payout_sums(session, first, last)
    ]


def _cash_document(
    kind: str, number: str, at: Any, cents: int, campus: str, row: Any, method: str = "cash"
) -> Document:
    return Document(number, kind, helsinki_date(at), cents, method, campus, (), row.reason)


@dataclass(slots=True)
class MonthReport:
    """Sales and refunds of some days in cents: with VAT, VAT by rate, by way to pay, by campus.

    An empty campus is the web. `debit_cents` is that of all postings, and is their credit too.
    """

    first: date
    last: date
    documents: int = 0
    sales_cents: int = 0
    refunds_cents: int = 0
    returned_cents: int = 0
    gross_by_rate: Counter[int] = field(default_factory=Counter)
    vat_by_rate: Counter[int] = field(default_factory=Counter)
    by_method: Counter[str] = field(default_factory=Counter)
    by_campus: Counter[str] = field(default_factory=Counter)
    cash_moved_cents: int = 0
    difference_cents: int = 0
    paid_out_cents: int = 0
    fee_cents: int = 0


def month_report(session: Session, first: date, last: date) -> MonthReport:
    """Return the report of some days, such as of a month."""
    return add_up(documents(session, first, last), first, last)


def add_up(found: Iterable[Document], first: date, last: date) -> MonthReport:
    """Add documents up."""
    report = MonthReport(first, last)
    for one in found:
        if one.kind == CASH_MOVED:
            report.cash_moved_cents += one.cents
        elif one.kind == DIFFERENCE:
            report.difference_cents += one.cents
        elif one.kind == PAYOUT:
            report.paid_out_cents += one.cents - one.fee_cents
            report.fee_cents += one.fee_cents
        elif one.kind == "credit":
            report.documents += 1
            report.returned_cents -= one.cents
        else:
            report.documents += 1
            if one.kind == "sale":
                report.sales_cents += one.cents
            else:
                report.refunds_cents += one.cents
            report.by_method[one.method] += one.cents
            report.by_campus[one.campus] += one.cents
            for line in one.lines:
                report.gross_by_rate[line.vat_bp] += line.cents
                report.vat_by_rate[line.vat_bp] += line.vat_cents
    return report
