"""What must hold of tills, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.core.time import helsinki_date
from zone.passes.numbering.models import ReceiptSeries
from zone.passes.numbering.rules import TILL
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import Receipt
from zone.passes.retention.models import DeletedYear
from zone.passes.tills.models import CashMovement, Till, TillClose, TillCount, TillDay, TillEntry
from zone.passes.tills.rules import CASH


def count_wrong_tills(session: Session, _named_since: datetime) -> int:
    """Count the closed days whose rows give other sums than were expected, the entries that are not
    those of their payment, and the cash sales since there are tills that no till has.
    """
    return sum(count_rows(session, rows) for rows in (_counts(), _entries(), _cash_sales()))


def _counts() -> Select[Any]:
    rows = union_all(
        select(TillEntry.till_day_id.label("day"), TillEntry.method, TillEntry.cents),
        select(CashMovement.till_day_id, literal(CASH), CashMovement.cents),
        select(TillDay.id, literal(CASH), TillDay.float_cents),
    ).subquery()
    moved = (
        select(rows.c.day, rows.c.method, cast(func.sum(rows.c.cents), BigInteger).label("cents"))
        .group_by(rows.c.day, rows.c.method)
        .subquery()
    )
    return (
        select(moved.c.day)
        .join(TillClose, TillClose.till_day_id == moved.c.day)
        .outerjoin(
            TillCount,
            (TillCount.till_close_id == TillClose.id) & (TillCount.method == moved.c.method),
        )
        .where(
            or_(TillCount.id.is_(None), TillCount.expected_cents != moved.c.cents),
            # The entries of a day in a deleted accounting year went with it.
            ~exists().where(DeletedYear.ended_at > TillClose.closed_at),
        )
    )


def _entries() -> Select[Any]:
    return (
        select(TillEntry.id)
        .join(Payment, Payment.id == TillEntry.payment_id)
        .outerjoin(Refund, Refund.id == TillEntry.refund_id)
        .where(
            or_(
                TillEntry.method != func.coalesce(Refund.method, Payment.provider),
                TillEntry.cents != func.coalesce(-Refund.cents, Payment.cents),
            )
        )
    )


def _cash_sales() -> Select[Any]:
    first = select(func.min(Till.added_at)).scalar_subquery()
    return (
        select(Payment.id)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(
            Payment.provider == CASH,
            PaymentEvent.outcome == "paid",
            PaymentEvent.recorded_at > first,
            ~exists().where(TillEntry.payment_id == Payment.id),
        )
    )


def count_other_series(session: Session, _named_since: datetime) -> int:
    """Count the sales of tills with an own series that are numbered in another one, and the
    receipts in such a series that are of no sale of the till.
    """
    return sum(count_rows(session, rows) for rows in (_numbered_elsewhere(), _of_other_tills()))


def _numbered_elsewhere() -> Select[Any]:
    own = _own_series()
    begun = (
        select(own.c.till_id, func.min(own.c.begun_at).label("at"))
        .group_by(own.c.till_id)
        .subquery()
    )
    return (
        select(TillEntry.id)
        .join(TillDay, TillDay.id == TillEntry.till_day_id)
        .join(Payment, Payment.id == TillEntry.payment_id)
        .join(Receipt, (Receipt.order_id == Payment.order_id) & (Receipt.kind == "sale"))
        .join(begun, begun.c.till_id == TillDay.till_id)
        .where(
            TillEntry.refund_id.is_(None),
            TillEntry.recorded_at > begun.c.at,
            ~exists().where(own.c.till_id == TillDay.till_id, own.c.code == Receipt.series),
        )
    )


def _of_other_tills() -> Select[Any]:
    own = _own_series()
    sold = exists().where(
        TillEntry.payment_id == Payment.id,
        TillEntry.refund_id.is_(None),
        TillDay.id == TillEntry.till_day_id,
        TillDay.till_id == own.c.till_id,
        Payment.order_id == Receipt.order_id,
    )
    return select(Receipt.id).join(own, own.c.code == Receipt.series).where(~sold)


def _own_series() -> Subquery:
    return (
        select(Till.id.label("till_id"), ReceiptSeries.code, ReceiptSeries.begun_at)
        .join(ReceiptSeries, ReceiptSeries.purpose == literal(TILL) + Till.code)
        .subquery()
    )


def count_left_open(session: Session, now: datetime) -> int:
    """Count the tills that were opened on a day before today and are open still."""
    is_closed = exists().where(TillClose.till_day_id == TillDay.id)
    return count_rows(
        session, select(TillDay.id).where(TillDay.day < helsinki_date(now), ~is_closed)
    )


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "tills",
        "the tills hold what their sales, refunds and cash movements say",
        count_wrong_tills,
        "Somebody has written past the service. Compare with the reports of the terminal, and tell "
        "the accountant.",
    ),
    Invariant(
        "till_series",
        "the receipts of a till with its own series are numbered in it, and no others are",
        count_other_series,
        "Somebody has written past the service. Compare with the till's day and tell the "
        "accountant.",
    ),
    Invariant(
        "tills_open",
        "no till was left open overnight",
        count_left_open,
        "Count the till and close it on the page Tills, `/desk/tills`.",
        at_present=True,
    ),
)
