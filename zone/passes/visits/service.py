"""Pay for visits with passes of so many visits. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zone.core.row_records.service import insert_new_recorded, write_recorded
from zone.passes.passes.models import Pass
from zone.passes.visits import queries, rules
from zone.passes.visits.models import PassVisit, VisitReturn
from zone.passes.visits.rules import SpentVisit, used_visits


@dataclass(frozen=True, slots=True)
class VisitUse:
    """A use of a pass at an instant; a visit that it begins lasts so long."""

    pass_id: int
    at: datetime
    lasts: timedelta


def spend_visits(
    session: Session,
    uses: Sequence[VisitUse],
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
    for use in sorted(uses, key=lambda use: use.at):
        of_pass = visits[use.pass_id]
        if rules.is_same_visit(use.at, of_pass):
            continue
        row = visit_row(use, of_pass, granted[use.pass_id], recorded_at=recorded_at, by=by)
        of_pass.append(SpentVisit(row["number"], use.at, use.lasts))
        rows.append(row)
    insert_new_recorded(session, PassVisit, rows)
    return {row["pass_id"] for row in rows}


def visit_row(
    use: VisitUse,
    visits: Sequence[SpentVisit],
    granted: int,
    *,
    recorded_at: datetime,
    by: str,
    reason: str | None = None,
) -> dict[str, Any]:
    """Return the row of a visit that a use begins, after those of its pass.

    Without a number where none is left: a door that was offline has let them in all the same, and
    staff are told.
    """
    numbered = sum(visit.number is not None for visit in visits)
    # What was given back is granted once more, and the numbers go on: no number has two meanings.
    total = granted + numbered - used_visits(visits)
    return {
        "pass_id": use.pass_id,
        "number": numbered + 1 if numbered < total else None,
        "granted": total,
        "occurred_at": use.at,
        "recorded_at": recorded_at,
        "by": by,
        "lasts_minutes": use.lasts // timedelta(minutes=1),
        "reason": reason,
    }


def delete_visits(session: Session, before: date, most: int) -> tuple[int, int]:
    """Delete the visits of passes whose last day was before a day, and those that were given back,
    of so many passes at most.

    Return how many visits of how many passes. All of a pass: what is left of it is no matter.
    """
    over = select(Pass.id).where(
        Pass.visits.is_not(None),
        Pass.ends_on < before,
        Pass.id.in_(select(PassVisit.pass_id)),
    )
    passes = session.scalars(over.order_by(Pass.id).limit(most)).all()
    visits = select(PassVisit.id).where(PassVisit.pass_id.in_(passes))
    write_recorded(session, delete(VisitReturn).where(VisitReturn.visit_id.in_(visits)))
    gone = write_recorded(session, delete(PassVisit).where(PassVisit.pass_id.in_(passes)))
    return len(gone), len(passes)
