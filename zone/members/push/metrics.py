"""Gauges of notifications."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.metrics import gauge
from zone.members.push.models import STATES, PushMessage


def push_gauges(session: Session, _now: datetime) -> Iterator[Metric]:
    """Return the notifications by state."""
    counted = select(PushMessage.state, func.count()).group_by(PushMessage.state)
    states = {(state,): 0 for state in STATES} | {
        (state,): count for state, count in session.execute(counted)
    }
    yield gauge(
        "zone_push_messages",
        "Notifications to browsers by what became of them; they are kept for 30 days.",
        states,
        ["state"],
    )
