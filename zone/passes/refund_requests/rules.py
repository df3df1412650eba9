"""When a refund needs a second person, and for how long it waits for one. Pure."""

from datetime import datetime, timedelta
from typing import Final

WAITS: Final = timedelta(days=14)
"""A refund that nobody has confirmed by then is not made."""


def needs_second_person(cents: int, alone_before: int, limit: int) -> bool:
    """Return whether a refund of so many cents has to be confirmed by another person.

    `alone_before`: what staff have given back of the order without a second person. It counts, or
    a large refund would be made in small parts.
    """
    return cents > 0 and alone_before + cents > limit


def request_state(outcome: str | None, expires_at: datetime, now: datetime) -> str:
    """Return the state of a request: waiting, confirmed, declined, retracted or expired."""
    if outcome:
        return outcome
    return "waiting" if now < expires_at else "expired"
