"""What is left of the lines of a sale, and its credit notes."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.passes.credit_notes.rules import LineAmount
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine


def left_of(session: Session, sale: Receipt) -> list[LineAmount]:
    """Return how much of each line of a sale was not credited yet, in their order."""
    rows = session.execute(
        select(ReceiptLine.id, ReceiptLine.cents, func.coalesce(CreditedLine.credited_cents, 0))
        .outerjoin(CreditedLine, CreditedLine.receipt_line_id == ReceiptLine.id)
        .where(ReceiptLine.receipt_id == sale.id)
        .order_by(ReceiptLine.id)
    )
    return [LineAmount(line_id, cents - credited) for line_id, cents, credited in rows]


def credited_at_rates(session: Session, sale: Receipt) -> Counter[int]:
    """Return what the credit notes of a sale have at each rate, in cents that are negative."""
    rows = session.execute(
        select(ReceiptLine.vat_bp, func.sum(ReceiptLine.cents))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Receipt.credits_id == sale.id)
        .group_by(ReceiptLine.vat_bp)
    )
    # int: PostgreSQL adds up to a Decimal.
    return Counter({rate: int(cents) for rate, cents in rows})
