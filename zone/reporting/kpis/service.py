"""Set targets. Never commits."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.reporting.kpis.models import Target


def set_target(
    session: Session,
    *,
    key: str,
    first_year: int,
    baseline: Decimal | str,
    baseline_of: str,
    goal: Decimal | str,
    pct: Decimal | str | None = None,
    now: datetime,
) -> Target:
    """Set target A, B or C from a year on; setting the same again changes nothing.

    `pct` is the growth on the baseline in percent that was written beside the goal, if any. Reports
    as of an earlier time keep the target that was known then.

    Raises:
        DomainError: target_unknown, when the transaction is written.
    """
    target = Target(
        key=key,
        first_year=first_year,
        baseline=Decimal(baseline),
        baseline_of=baseline_of,
        goal=Decimal(goal),
        pct=None if pct is None else Decimal(pct),
        recorded_at=now,
    )
    latest = _latest(session, key, first_year)
    if latest is not None and _values(latest) == _values(target):
        return latest
    session.add(target)
    session.flush()
    return target


def ensure_target(
    session: Session, *, key: str, first_year: int, now: datetime, **values: str
) -> None:
    """Set a target from a year on unless there is one: what a manager has set stays."""
    if _latest(session, key, first_year) is None:
        set_target(session, key=key, first_year=first_year, now=now, **values)


def _latest(session: Session, key: str, first_year: int) -> Target | None:
    query = select(Target).where(Target.key == key, Target.first_year == first_year)
    return session.scalar(query.order_by(Target.recorded_at.desc(), Target.id.desc()).limit(1))


def _values(target: Target) -> tuple[Decimal, str, Decimal | None, Decimal]:
    return target.baseline, target.baseline_of, target.pct, target.goal
