"""Pay for visits with passes of so many visits. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zone.core.row_records.service import insert_new_recorded, write_recorded
from zone.passes.passes.models import Pass
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


def delete_visits(session: Session, before: date, most: int) -> tuple[int, int]:
    """Delete the visits of passes whose last day was before a day, of so many passes at most.

    Return how many visits of how many passes. All of a pass: what is left of it is no matter.
    """
    over = select(Pass.id).where(
        Pass.visits.is_not(None),
        Pass.ends_on < before,
        Pass.id.in_(select(PassVisit.pass_id)),
    )
    passes = session.scalars(over.order_by(Pass.id).limit(most)).all()
    gone = write_recorded(session, delete(PassVisit).where(PassVisit.pass_id.in_(passes)))
    return len(gone), len(passes)
