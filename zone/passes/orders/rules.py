"""The days on which a pass may start, and whose orders an actor may read. Pure."""

from datetime import date, timedelta
from typing import Final

from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.orders.errors import START_TOO_FAR

MOST_DAYS_AHEAD: Final = 366
"""How far ahead a buyer may choose the first day."""


def check_start(starts_on: date, today: date) -> None:
    """Check the buyer's own choice of a first day.

    Raises:
        DomainError: start_too_soon or start_too_far.
    """
    if starts_on < today:
        raise DomainError(START_TOO_SOON)
    # 366: the same day of next year, also across a leap day.
    if starts_on > today + timedelta(days=MOST_DAYS_AHEAD):
        raise DomainError(START_TOO_FAR)


def seen_by(actor: Actor) -> int | None:
    """Return whose orders an actor may read: their own (the member's id), or everybody's (None)."""
    return None if actor.may(Permission.ORDERS_READ_ALL) else actor.id
