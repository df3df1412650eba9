"""What must hold of the conditions of passes, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.orders.models import OrderLine
from zone.passes.passes.models import Pass


def count_other_conditions(session: Session, _named_since: datetime) -> int:
    """Count the passes of orders that give something else than what was ordered."""
    wrong = (
        select(Pass.id)
        .join(OrderLine, OrderLine.id == Pass.order_line_id)
        .where(cast(Pass.conditions, String) != cast(OrderLine.conditions, String))
    )
    return count_rows(session, wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "pass_conditions",
        "each pass has the hours, and gives the extras, that were ordered",
        count_other_conditions,
    ),
)
