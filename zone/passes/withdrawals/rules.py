"""Until when a buyer can withdraw, and the text by which they ask for a start before that. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

CONSENT_VERSION: Final = 1
"""Counted up with each other sentence of the box on the pages that order."""


def starts_early(first_days: Iterable[date], today: date, withdrawal_days: int) -> bool:
    """Return whether something begins within the time of withdrawal, if it is paid today."""
    return any(day <= today + timedelta(days=withdrawal_days) for day in first_days)
