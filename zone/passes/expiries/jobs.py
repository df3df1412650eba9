"""The job that lets unpaid orders expire. Safe to repeat."""

from datetime import datetime
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.passes.expiries import queries, service

MOST: Final = 500
"""How many orders expire in one run."""


def expire_orders(_settings: Settings, now: datetime) -> int:
    """Let the orders expire that were not paid in time; return how many."""
    with reading() as session:
        due = queries.orders_to_expire(session, now, MOST)
    return sum(_expire(order_id, now) for order_id in due)


def _expire(order_id: int, now: datetime) -> bool:
    # One transaction each: two orders of the same quotas cannot deadlock with a payment.
    with writing() as session:
        return service.expire_order(session, order_id, now)
