"""The report of the last month's cost, fixed from the invented visits, sales and passes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.reporting.shares import queries, rules
from zone.reporting.shares.models import CostPeriod
from zone.reporting.shares.service import store_report


def load(session: Session, now: datetime) -> None:
    """Fix the reports of the periods that are counted."""
    for period in session.scalars(select(CostPeriod).order_by(CostPeriod.first_month)).all():
        is_counted = rules.counted_at(period.last_month) <= now
        if is_counted and queries.fixed_of(session, period.id) is None:
            store_report(session, period, now)
