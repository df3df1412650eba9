"""Issue credit notes, which credit lines of a receipt in whole or in part. Never commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.passes.credit_notes.errors import CREDIT_TOO_HIGH
from zone.passes.credit_notes.queries import credited_at_rates, left_of
from zone.passes.credit_notes.rules import LineAmount, check_amounts
from zone.passes.numbering.rules import CREDIT
from zone.passes.orders.models import Order
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine
from zone.passes.receipts.rules import seller_on
from zone.passes.receipts.service import TaxedLine, lines_of, write_receipt


def issue_credit_note(
    session: Session, sale: Receipt, amounts: Sequence[LineAmount], now: datetime
) -> Receipt:
    """Credit lines of a sale at their own VAT rates, with the seller of the sale.

    All of what is left is `left_of(session, sale)`. The money is given back elsewhere: this is the
    document.

    Raises:
        DomainError: credit_too_high: more than is left of a line, or nothing.
    """
    # NO KEY UPDATE: two credit notes of one sale wait for each other. The VAT of the second one
    # depends on that of the first, also where they credit other lines.
    session.execute(
        select(Order.id).where(Order.id == sale.order_id).with_for_update(key_share=True)
    )
    check_amounts(amounts, {one.line_id: one.cents for one in left_of(session, sale)})
    cents = {one.line_id: one.cents for one in amounts}
    lines = [line for line in lines_of(session, sale.id) if line.id in cents]
    for line in lines:
        _count(session, line, cents[line.id])
    note = Receipt(
        order_id=sale.order_id, credits_id=sale.id, kind="refund", cents=-sum(cents.values())
    )
    return write_receipt(
        session,
        note,
        CREDIT,
        seller_on(sale),  # who sold, even if the settings name another seller by now
        [_credited(line, cents[line.id]) for line in lines],
        now,
        credited_at_rates(session, sale),
    )


def _count(session: Session, line: ReceiptLine, cents: int) -> None:
    """Count what is credited of a line; the CHECK refuses more than was sold."""
    first = {"receipt_line_id": line.id, "sold_cents": line.cents, "credited_cents": 0}
    insert_new(session, CreditedLine, [first], CreditedLine.receipt_line_id)
    counted = (
        update(CreditedLine)
        .where(CreditedLine.receipt_line_id == line.id)
        .values(credited_cents=CreditedLine.credited_cents + cents)
        .execution_options(synchronize_session=False)
    )
    session.execute(counted)


def _credited(line: ReceiptLine, cents: int) -> TaxedLine:
    return TaxedLine(
        order_line_id=line.order_line_id,
        credits_id=line.id,
        cents=-cents,
        vat_bp=line.vat_bp,
        supplied_on=line.supplied_on,
        names=(line.name_fi, line.name_sv, line.name_en),
    )


def credit_whole(session: Session, sale: Receipt, now: datetime) -> Receipt:
    """Credit all that is left of a sale.

    Raises:
        DomainError: credit_too_high: nothing is left.
    """
    left = left_of(session, sale)
    if sale.cents and not any(one.cents for one in left):
        raise DomainError(CREDIT_TOO_HIGH)
    return issue_credit_note(
        session, sale, [one for one in left if one.cents or not sale.cents], now
    )
