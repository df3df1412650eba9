"""Set the targets on behalf of staff. Never commits."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.identity import Actor, Permission
from zone.reporting.kpis.service import set_target


def plan_target(
    session: Session,
    actor: Actor,
    key: str,
    *,
    first_year: int,
    goal: Decimal,
    pct: Decimal | None,
    baseline: Decimal,
    baseline_of: str,
    now: datetime,
) -> None:
    """Set a target from a year on, and audit it; the same again changes nothing.

    Reports as of an earlier time keep the target that was known then.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    values = {"goal": goal, "pct": pct, "baseline": baseline, "baseline_of": baseline_of}
    target = set_target(
        session,
        key=key,
        first_year=first_year,
        goal=goal,
        pct=pct,
        baseline=baseline,
        baseline_of=baseline_of,
        now=now,
    )
    if target.recorded_at != now:
        return
    record_action(
        session,
        actor_id=actor.id,
        action="target.set",
        object_kind="target",
        object_id=key,
        after={"first_year": first_year}
        | {name: None if value is None else str(value) for name, value in values.items()},
        now=now,
    )
