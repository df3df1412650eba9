"""Gauges of the outbox."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.mail.models import STATES, WAITS_SINCE, OutboxMail
from zone.core.metrics import gauge


def mail_gauges(session: Session, now: datetime) -> Iterator[Metric]:
    """Return the mails by state and the age of the oldest that waits."""
    counted = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
    states = {(state,): 0 for state in STATES} | {
        (state,): count for state, count in session.execute(counted)
    }
    yield gauge(
        "zone_outbox_mails",
        "Mails by what became of them; they are kept for 30 days.",
        states,
        ["state"],
    )
    oldest = session.scalar(select(func.min(WAITS_SINCE)).where(OutboxMail.state == "waiting"))
    age = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    yield gauge(
        "zone_outbox_oldest_seconds",
        "How long the oldest mail that waits has waited, quiet hours apart.",
        {(): age},
    )
