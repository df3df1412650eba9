"""What must hold of cost shares, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, name_broken
from zone.passes.retention.models import DeletedYear
from zone.reporting.shares import queries, rules
from zone.reporting.shares.models import CostPeriod, FixedShares


def count_wrong_reports(session: Session, _named_since: datetime) -> int:
    """Count the fixed reports that are not what their facts gave at their time."""
    fixed = session.execute(
        select(FixedShares, CostPeriod)
        .join(CostPeriod, CostPeriod.id == FixedShares.period_id)
        .order_by(CostPeriod.first_month)
    ).all()
    wrong = [
        rules.written(period.first_month)
        for report, period in fixed
        if not _is_right(session, report, period)
    ]
    name_broken(session, *wrong)
    return len(wrong)


def _is_right(session: Session, report: FixedShares, period: CostPeriod) -> bool:
    shares = queries.stored_shares(session, report.id)
    if sum(one.cents for one in shares) != report.cents:
        return False
    window = rules.window_of(period.first_month, period.last_month)
    deleted = select(DeletedYear.id).where(DeletedYear.ended_at > window[0])
    if session.scalar(deleted.limit(1)) is not None:
        return True  # its receipts were deleted with their accounting year, as the law allows
    use = queries.counted_use(session, window, report.as_of)
    rows = (len(use.visits), len(use.sales), len(use.passes), use.digest)
    if rows != (report.visit_rows, report.sale_rows, report.pass_rows, report.digest):
        return False
    return shares == rules.shared(report.cents, use.counts, queries.weights_of(report))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "cost_shares",
        "fixed reports of cost shares are what their facts gave at their time",
        count_wrong_reports,
        "Somebody's hand has changed visits, receipts, passes or the report. Find out what with "
        "`zone audit`, and compare the report with the one that was sent.",
        slow=True,
    ),
)
