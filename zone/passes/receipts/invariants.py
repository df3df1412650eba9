"""What must hold of receipts, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.receipts.models import Receipt, ReceiptSequence


def count_years_with_gaps(session: Session, _named_since: datetime) -> int:
    """Count the years whose receipts do not run from 1 to the number given out last."""
    last_number = (
        select(ReceiptSequence.last).where(ReceiptSequence.year == Receipt.year).scalar_subquery()
    )
    has_gap = or_(
        func.min(Receipt.number) != 1,
        # Numbers are unique, so from 1 to the count there is no gap.
        func.max(Receipt.number) != func.count(),
        # A receipt that is missing at the end of the row leaves no other trace.
        func.coalesce(last_number, 0) != func.max(Receipt.number),
    )
    return count_rows(session, select(Receipt.year).group_by(Receipt.year).having(has_gap))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "receipts",
        "receipts are numbered without gaps",
        count_years_with_gaps,
        "Compare with the provider's report, and tell the accountant before the year is closed.",
    ),
)
