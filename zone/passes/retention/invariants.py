"""What must hold of the certificates of deleted accounting years, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids
from zone.core.time import day_window, helsinki_date
from zone.passes.retention.models import DeletedNumbers, DeletedYear
from zone.passes.retention.rules import deletable_from


def count_wrong_certificates(session: Session, _named_since: datetime) -> int:
    """Count the certificates of years that were still to be kept, or with other numbers."""
    numbers = dict(
        session.execute(
            select(DeletedNumbers.deleted_year_id, func.sum(DeletedNumbers.count)).group_by(
                DeletedNumbers.deleted_year_id
            )
        ).all()
    )
    wrong = [
        row.id
        for row in session.scalars(select(DeletedYear).order_by(DeletedYear.id))
        if helsinki_date(row.deleted_at) < deletable_from(row.ended_on, row.years_kept)
        or row.ended_at != day_window(row.ended_on)[1]
        or row.counts.get("receipt") != int(numbers.get(row.id, 0))
    ]
    return count_broken_ids(session, "deleted_year", wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "certificates",
        "books were deleted only after the years for which they are kept",
        count_wrong_certificates,
        "Somebody has written past the service. Restore the last backup that has the receipts, and "
        "tell the accountant.",
    ),
)
