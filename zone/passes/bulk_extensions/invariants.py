"""What must hold of bulk extensions, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.bulk_extensions.models import BulkExtensionPass
from zone.passes.passes.models import Pass, PassEvent


def count_wrong_extensions(session: Session, _named_since: datetime) -> int:
    """Count the passes that bulk extensions moved more or less often than they name them."""
    # Only a bulk extension writes which days were lost.
    moved = (
        select(func.count())
        .where(
            PassEvent.pass_id == Pass.id,
            PassEvent.kind == "extended",
            PassEvent.first_day.is_not(None),
        )
        .scalar_subquery()
    )
    named = (
        select(func.count())
        .where(BulkExtensionPass.pass_id == Pass.id, BulkExtensionPass.outcome == "extended")
        .scalar_subquery()
    )
    return count_rows(session, select(Pass.id).where(moved != named))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "bulk_extensions",
        "each pass of a bulk extension was extended by it once",
        count_wrong_extensions,
    ),
)
