"""Set weights, name a period with its cost, and fix its report; all audited. Never commits."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.reporting.shares import queries, rules
from zone.reporting.shares.errors import NOTHING_TO_SHARE_BY, SHARES_FIXED, SHARES_NOT_COUNTED
from zone.reporting.shares.models import (
    CostMonth,
    CostPeriod,
    FixedShare,
    FixedShares,
    PeriodCost,
    ShareWeights,
)
from zone.reporting.shares.rules import Weights


def set_weights(
    session: Session, actor: Actor, valid_from: date, weights: Weights, now: datetime
) -> None:
    """Set the weights from a day on. Reports that are fixed keep theirs.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    store_weights(session, valid_from, weights, now, recorded_by=actor.id)
    after = {"valid_from": str(valid_from), **asdict(weights)}
    _audit(session, actor, "share_weights.set", "share_weights", str(valid_from), after, now)


def store_weights(
    session: Session,
    valid_from: date,
    weights: Weights,
    now: datetime,
    *,
    recorded_by: int | None = None,
) -> None:
    """Set the weights from a day on, without an audit row."""
    session.add(
        ShareWeights(
            valid_from=valid_from, recorded_at=now, recorded_by=recorded_by, **asdict(weights)
        )
    )
    session.flush()


def add_period(
    session: Session, actor: Actor, first_month: date, last_month: date, cents: int, now: datetime
) -> CostPeriod:
    """Name the months whose cost is shared. They are in no other period, and stay in this one.

    Raises:
        DomainError: forbidden.
        IntegrityError: `uq_cost_month_month`: a month is in another period.
    """
    actor.require(Permission.SERVICE_WRITE)
    period = store_period(session, first_month, last_month, cents, now, recorded_by=actor.id)
    _audit_cost(session, actor, period, cents, now)
    return period


def store_period(
    session: Session,
    first_month: date,
    last_month: date,
    cents: int,
    now: datetime,
    *,
    recorded_by: int | None = None,
) -> CostPeriod:
    """Name the months whose cost is shared, without an audit row.

    Raises:
        IntegrityError: `uq_cost_month_month`.
    """
    period = CostPeriod(
        first_month=first_month, last_month=last_month, recorded_at=now, recorded_by=recorded_by
    )
    session.add(period)
    session.flush()
    session.add_all(
        CostMonth(month=month, period_id=period.id)
        for month in rules.months_of(first_month, last_month)
    )
    session.flush()
    _store_cost(session, period, cents, now, recorded_by)
    return period


def set_cost(
    session: Session, actor: Actor, first_month: date, cents: int, now: datetime
) -> CostPeriod:
    """Correct the cost of a period whose report is not fixed.

    Raises:
        DomainError: forbidden; not_found; shares_fixed.
    """
    actor.require(Permission.SERVICE_WRITE)
    period = _locked(session, first_month)
    if queries.fixed_of(session, period.id):
        raise DomainError(SHARES_FIXED)
    if queries.cost_of(session, period.id) != cents:  # the second tap on the button
        _store_cost(session, period, cents, now, actor.id)
        _audit_cost(session, actor, period, cents, now)
    return period


def _store_cost(
    session: Session, period: CostPeriod, cents: int, now: datetime, recorded_by: int | None
) -> None:
    session.add(
        PeriodCost(period_id=period.id, cents=cents, recorded_at=now, recorded_by=recorded_by)
    )
    session.flush()


def _audit_cost(
    session: Session, actor: Actor, period: CostPeriod, cents: int, now: datetime
) -> None:
    after = {"last_month": rules.written(period.last_month), "cents": cents}
    month = rules.written(period.first_month)
    _audit(session, actor, "cost_shares.set_cost", "cost_period", month, after, now)


def fix_report(session: Session, actor: Actor, first_month: date, now: datetime) -> FixedShares:
    """Fix the report of a period with its receipt: it never changes again; once more is nothing.

    Raises:
        DomainError: forbidden; not_found; shares_not_counted; nothing_to_share_by.
    """
    actor.require(Permission.SERVICE_WRITE)
    period = _locked(session, first_month)
    fixed = queries.fixed_of(session, period.id)
    if fixed is not None:
        return fixed
    if now < rules.counted_at(period.last_month):
        raise DomainError(SHARES_NOT_COUNTED)
    fixed = store_report(session, period, now, fixed_by=actor.id)
    if fixed is None:
        raise DomainError(NOTHING_TO_SHARE_BY)
    after = {"cents": fixed.cents, "digest": fixed.digest}
    month = rules.written(period.first_month)
    _audit(session, actor, "cost_shares.fix", "cost_period", month, after, now)
    return fixed


def store_report(
    session: Session, period: CostPeriod, now: datetime, *, fixed_by: int | None = None
) -> FixedShares | None:
    """Fix the report of a period that is counted, without an audit row; None: there is nothing to
    share by.
    """
    as_of = rules.counted_at(period.last_month)
    window = rules.window_of(period.first_month, period.last_month)
    use = queries.counted_use(session, window, as_of)
    cents = queries.cost_of(session, period.id)
    weights = rules.weights_on(queries.dated_weights(session), period.first_month)
    shares = rules.shared(cents, use.counts, weights)
    if not shares:
        return None
    fixed = FixedShares(
        period_id=period.id,
        definition=rules.DEFINITION,
        as_of=as_of,
        cents=cents,
        visit_rows=len(use.visits),
        sale_rows=len(use.sales),
        pass_rows=len(use.passes),
        digest=use.digest,
        fixed_at=now,
        fixed_by=fixed_by,
        **asdict(weights),
    )
    session.add(fixed)
    session.flush()
    for one in shares:
        counts = asdict(one.counts) if one.counts else {}
        session.add(FixedShare(fixed_id=fixed.id, code=one.code, cents=one.cents, **counts))
    session.flush()
    return fixed


def _locked(session: Session, first_month: date) -> CostPeriod:
    """Return a period under its lock: its cost does not change while its report is fixed."""
    period = queries.period_of(session, first_month)
    session.execute(select(CostPeriod.id).where(CostPeriod.id == period.id).with_for_update())
    return period


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    kind: str,
    object_id: str,
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        after=dict(after),
        now=now,
    )
