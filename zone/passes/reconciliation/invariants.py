"""What must hold between our books and those of providers, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.reconciliation.queries import open_ids


def count_differences(session: Session, _now: datetime) -> int:
    """Count the differences between providers and our books that nobody has looked into."""
    return count_rows(session, open_ids())


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "reconciliation",
        "the books of the payment providers say what ours say",
        count_differences,
        "The page /manage/payments shows each difference. Look at the provider's own pages, give "
        "money back or sell again, and write there what was done.",
        at_present=True,
    ),
)
