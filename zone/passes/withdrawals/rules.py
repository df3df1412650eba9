"""Whether something that is ordered begins within the time of withdrawal. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta


def starts_early(first_days: Iterable[date], today: date, withdrawal_days: int) -> bool:
    """Return whether something begins within the time of withdrawal, if it is paid today."""
    return any(day <= today + timedelta(days=withdrawal_days) for day in first_days)
