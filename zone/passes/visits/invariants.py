"""What must hold of the visits of passes, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.passes.models import Pass
from zone.passes.visits.models import PassVisit, VisitReturn
from zone.passes.visits.queries import unpaid_lately


def count_wrong_visits(session: Session, _named_since: datetime) -> int:
    """Count the passes whose visits are not numbered from 1, or of which there are too many, and
    the visits that were given back though no pass has paid for them.
    """
    numbered, returned = func.count(PassVisit.number), func.count(VisitReturn.id)
    granted = func.coalesce(Pass.visits, 0)
    wrong = (
        select(Pass.id)
        .join(PassVisit, PassVisit.pass_id == Pass.id)
        .outerjoin(VisitReturn, VisitReturn.visit_id == PassVisit.id)
        .group_by(Pass.id, Pass.visits)
        .having(
            or_(
                func.coalesce(func.max(PassVisit.number), 0) != numbered,
                granted + returned < numbered,
                func.min(PassVisit.granted) < granted,
                func.max(PassVisit.granted) > granted + returned,
            )
        )
    )
    unpaid = (
        select(VisitReturn.id)
        .join(PassVisit, PassVisit.id == VisitReturn.visit_id)
        .where(PassVisit.number.is_(None))
    )
    return count_rows(session, wrong) + count_rows(session, unpaid)


def count_unpaid_visits(session: Session, now: datetime) -> int:
    """Count the visits of the last days for which no visit was left."""
    return count_rows(session, unpaid_lately(now))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("pass_visits", "no pass has given more visits than it has", count_wrong_visits),
    Invariant(
        "unpaid_visits",
        "nobody was let in lately without a visit left",
        count_unpaid_visits,
        "Open the page Visits without a pass, and sell the people a new one. A door that was "
        "offline did not know of their last visit.",
        at_present=True,
    ),
)
