"""Receipts, payments, ledger and VAT agree each day; recounted by `zone doctor`."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, name_broken
from zone.core.time import helsinki_date
from zone.passes.books import rules
from zone.passes.books.queries import chart, documents
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import Receipt

AT_ONCE: Final = 5000
"""How many rows are in memory at a time."""


def count_wrong_days(session: Session, _named_since: datetime) -> int:
    """Count the days whose receipts are not their payments less their refunds, whose postings do
    not balance, or whose posted VAT is not that of the receipts.
    """
    received = _received(session)
    accounts, wrong, receipts = chart(session), set[date](), Counter[date]()
    first = session.scalar(select(func.min(Receipt.issued_at)))
    last = session.scalar(select(func.max(Receipt.issued_at)))
    days = (helsinki_date(first), helsinki_date(last)) if first and last else None
    for one in documents(session, *days) if days else ():
        posted = rules.postings(one, accounts)
        vat = sum(line.vat_cents for line in one.lines)
        if rules.unbalanced(posted) or _posted_vat(one, posted) != vat:
            wrong.add(one.day)
        if one.kind in ("sale", "refund"):
            receipts[one.day] += one.cents
    wrong |= {day for day in receipts.keys() | received.keys() if receipts[day] != received[day]}
    name_broken(session, *(f"day {day}" for day in sorted(wrong)))
    return len(wrong)


def _posted_vat(one: rules.Document, posted: list[rules.Posting]) -> int:
    """Return what is posted to the accounts of VAT: the rest of the gross sum that no sale got."""
    net = sum(line.vat_cents - line.cents for line in one.lines)
    taxed = sum(p.cents for p in posted if p.vat_bp is not None)
    return net - taxed


def _received(session: Session) -> Counter[date]:
    """Return the money that was received each day for what was granted, less staff's refunds."""
    back = Refund
    paid = (
        select(PaymentEvent.id, PaymentEvent.recorded_at, Payment.cents)
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .outerjoin(back, (back.payment_id == Payment.id) & back.recorded_by.is_(None))
        .where(PaymentEvent.outcome == "paid", back.id.is_(None))
    )
    returned = select(Refund.id, Refund.recorded_at, -Refund.cents).where(
        Refund.recorded_by.is_not(None)
    )
    sums: Counter[date] = Counter()
    for statement, column in ((paid, PaymentEvent.id), (returned, Refund.id)):
        for _id, at, cents in _by_parts(session, statement, column):
            sums[helsinki_date(at)] += cents
    return sums


def _by_parts(session: Session, statement: Any, column: Any) -> Iterator[Any]:
    """Yield the rows of a statement by their ids, some thousands at a time."""
    last = 0
    while rows := session.execute(
        statement.where(column > last).order_by(column).limit(AT_ONCE)
    ).all():
        yield from rows
        last = rows[-1][0]


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "ledger",
        "receipts, payments, postings and VAT agree on each day",
        count_wrong_days,
        "Compare the receipts of the day with the provider's report and the close of the till, and "
        "tell the accountant.",
    ),
)
