"""All receipts, for staff: by series, year, number, buyer or what was sold."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from zone.members.people.models import Member
from zone.passes.numbering import rules as numbering
from zone.passes.numbering.rules import ReceiptNumber
from zone.passes.orders.models import Order
from zone.passes.receipts.models import Receipt, ReceiptLine

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """Which receipts are asked for; None: all. `text`: a number, or part of a name or address."""

    series: str | None = None
    year: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class FoundReceipt:
    """A receipt with its buyer, as staff find it."""

    number: str
    kind: str
    cents: int
    issued_at: datetime
    order_id: uuid.UUID
    buyer_id: uuid.UUID
    buyer: str


@dataclass(frozen=True, slots=True)
class FoundReceipts:
    """A part of the receipts that were found; `next` is what the next part begins after."""

    receipts: Sequence[FoundReceipt]
    next: str | None


def find_receipts(
    session: Session, wanted: ReceiptFilter, *, after: str | None = None, most: int = MOST
) -> FoundReceipts:
    """Return receipts, the newest first; those before the one numbered `after`."""
    rows = session.execute(
        select(Receipt, Order.public_id, Member.public_id, Member.name, Member.email)
        .join(Order, Order.id == Receipt.order_id)
        .join(Member, Member.id == Order.member_id)
        .where(*_conditions(session, wanted, after))
        .order_by(Receipt.id.desc())
        .limit(most + 1)
    ).all()
    found = [
        FoundReceipt(
            row.printed_number, row.kind, row.cents, row.issued_at, order, buyer, name or email
        )
        for row, order, buyer, name, email in rows[:most]
    ]
    return FoundReceipts(found, found[-1].number if len(rows) > most else None)


def _conditions(
    session: Session, wanted: ReceiptFilter, after: str | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.series is not None:
        conditions.append(Receipt.series == wanted.series)
    if wanted.year is not None:
        conditions.append(Receipt.year == wanted.year)
    if wanted.text:
        conditions.append(_about(wanted.text))
    if last := numbering.parse(after or ""):
        conditions.append(Receipt.id < select(Receipt.id).where(_is(last)).scalar_subquery())
    return conditions


def _about(text: str) -> ColumnElement[bool]:
    if named := numbering.parse(text):
        return _is(named)
    sold = exists().where(
        ReceiptLine.receipt_id == Receipt.id,
        or_(
            *(
                name.icontains(text, autoescape=True)
                for name in (ReceiptLine.name_fi, ReceiptLine.name_sv, ReceiptLine.name_en)
            )
        ),
    )
    person = (Member.name, Member.email)
    return or_(sold, *(column.icontains(text, autoescape=True) for column in person))


def _is(named: ReceiptNumber) -> ColumnElement[bool]:
    return (
        (Receipt.series == named.series)
        & (Receipt.year == named.year)
        & (Receipt.number == named.number)
    )
