"""What must hold of quotas, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.quotas.models import Quota, QuotaPlace


def count_wrong_quotas(session: Session, _named_since: datetime) -> int:
    """Count the quotas whose counter is not that of their places, or is beyond them."""
    live = (
        select(func.count())
        .where(QuotaPlace.quota_id == Quota.id, QuotaPlace.freed_at.is_(None))
        .scalar_subquery()
    )
    wrong = select(Quota.id).where(or_(Quota.taken != live, Quota.taken > Quota.places))
    return count_rows(session, wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("quotas", "no quota has sold more than its places", count_wrong_quotas),
)
