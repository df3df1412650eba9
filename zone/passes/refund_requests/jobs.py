"""The job that ends the requests that nobody has confirmed in time. Safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.passes.refund_requests import queries, service


def expire_requests(_settings: Settings, now: datetime) -> int:
    """Record the requests whose time is over, and tell who has asked; return how many."""
    with reading() as session:
        overdue = queries.overdue_requests(session, now)
    return sum(_expire(request_id, now) for request_id in overdue)


def _expire(request_id: int, now: datetime) -> bool:
    with writing() as session:
        return service.expire(session, request_id, now)
