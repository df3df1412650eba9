"""When no-shows pause booking ahead. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from zone.booking.policies.rules import Policy


def suspended_until(missed: Iterable[datetime], policy: Policy) -> datetime | None:
    """Until when booking ahead is paused: two weeks from every second no-show of the term; None without one.

    `missed` are the ends of the missed sessions of the present term: marks are wiped at its end.
    """
    counted = sorted(missed)[policy.no_shows - 1 :: policy.no_shows]
    return counted[-1] + timedelta(days=policy.suspension_days) if counted else None
