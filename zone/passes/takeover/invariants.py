"""What must hold of passes that were taken over, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.takeover.models import TakenOverPass
from zone.passes.takeover.rules import BY


def count_wrong_takeovers(session: Session, _named_since: datetime) -> int:
    """Count the passes sold elsewhere without a row that says so, or with an order here."""
    sold = (PassEvent.pass_id == Pass.id) & (PassEvent.kind == "sold") & (PassEvent.by == BY)
    wrong = (
        select(Pass.id)
        .outerjoin(PassEvent, sold)
        .outerjoin(TakenOverPass, TakenOverPass.pass_id == Pass.id)
        .where(
            or_(
                PassEvent.id.is_(None) & TakenOverPass.id.is_not(None),
                PassEvent.id.is_not(None) & TakenOverPass.id.is_(None),
                TakenOverPass.id.is_not(None) & Pass.order_line_id.is_not(None),
            )
        )
    )
    return count_rows(session, wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "taken_over_passes",
        "each pass of another system has its id there, and no order here",
        count_wrong_takeovers,
    ),
)
