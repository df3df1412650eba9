"""What must hold between our books and those of providers, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    DifferenceFixRequest,
)
from zone.passes.reconciliation.queries import open_ids


def count_differences(session: Session, _now: datetime) -> int:
    """Count the differences between providers and our books that nobody has looked into."""
    return count_rows(session, open_ids())


def count_wrong_fixes(session: Session, _now: datetime) -> int:
    """Count the confirmed fixes that are not what was asked for, or have one person only."""
    wrong = (
        select(DifferenceFixDecision.id)
        .join(DifferenceFixRequest, DifferenceFixRequest.id == DifferenceFixDecision.request_id)
        .join(DifferenceFix, DifferenceFix.id == DifferenceFixDecision.fix_id)
        .where(
            or_(
                DifferenceFix.difference != DifferenceFixRequest.difference,
                DifferenceFix.cents_back != DifferenceFixRequest.cents_back,
                DifferenceFix.recorded_by != DifferenceFixDecision.decided_by,
                DifferenceFix.recorded_by == DifferenceFixRequest.requested_by,
            )
        )
    )
    return count_rows(session, wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "reconciliation",
        "the books of the payment providers say what ours say",
        count_differences,
        "The page /manage/payments shows each difference. Look at the provider's own pages, give "
        "money back or sell again, and write there what was done.",
        at_present=True,
    ),
    Invariant(
        "difference_fixes",
        "differences mended above the limit are those that one person asked for and another "
        "confirmed",
        count_wrong_fixes,
        "Somebody has written past the service: compare the audit with /manage/payments.",
    ),
)
