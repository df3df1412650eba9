"""Pay for visits with passes of so many visits. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.core.row_records.service import insert_new_recorded
from zone.passes.visits import queries, rules
from zone.passes.visits.models import PassVisit


def spend_visits(
    session: Session,
    uses: Sequence[tuple[int, datetime]],
    granted: Mapping[int, int],
    *,
    recorded_at: datetime,
    by: str,
) -> set[int]:
    """Record a visit for each use of a pass that begins one; return the passes that have a new row.

    The caller holds the locks of the passes, so that the last visit is given once. `granted` is how
    many visits each pass gives. Uses of one visit, and those reported again, cost nothing more.
    """
    visits = queries.visits_of(session, granted.keys())
    rows: list[dict[str, Any]] = []
    for pass_id, at in sorted(uses, key=lambda use: use[1]):
        of_pass = visits[pass_id]
        if rules.is_same_visit(at, [visit.occurred_at for visit in of_pass]):
            continue
        used = sum(visit.number is not None for visit in of_pass)
        # None left: a door that was offline has let them in all the same, and staff are told.
        number = used + 1 if used < granted[pass_id] else None
        of_pass.append(queries.SpentVisit(number, at))
        rows.append(
            {
                "pass_id": pass_id,
                "number": number,
                "granted": granted[pass_id],
                "occurred_at": at,
                "recorded_at": recorded_at,
                "by": by,
            }
        )
    insert_new_recorded(session, PassVisit, rows)
    return {row["pass_id"] for row in rows}
