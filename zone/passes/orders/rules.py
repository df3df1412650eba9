"""The days on which a pass may start, and whose orders an actor may read. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.orders.errors import START_TOO_FAR

MOST_DAYS_AHEAD: Final = 366
"""How far ahead a buyer may choose the first day."""

MISSED_PART: Final = 10
"""A payment may arrive when at most one part in so many of the pass's days has passed."""


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """What a buyer is shown before they order: the price, and both days included."""

    cents: int
    starts_on: date
    ends_on: date

    def as_json(self) -> dict[str, object]:
        """Return the values as they stand in JSON."""
        return {
            "cents": self.cents,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A product to be ordered, from a day of the buyer's choice on, and what they were shown of it.

    `rights` are those of `Quote.rights`; what is None is not compared.
    """

    product: str
    starts_on: date | None = None
    shown: ShownQuote | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True)
class CounterLine:
    """A product that the desk sells, as it was shown; without `ends_on` that is not compared."""

    product: str
    cents: int
    starts_on: date
    ends_on: date | None = None

    def is_other_than(self, quote: ShownQuote) -> bool:
        """Return whether something else holds now than what was shown."""
        return ShownQuote(self.cents, self.starts_on, self.ends_on or quote.ends_on) != quote


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


def is_worth_its_price(starts_on: date, ends_on: date, paid_on: date) -> bool:
    """Return whether a pass of these days may still be given for a payment that arrives on a day.

    3 days of 30 may have passed: a bank may take that long. Of less than 10 days none may.
    """
    days = (ends_on - starts_on).days + 1
    missed = max((paid_on - starts_on).days, 0)
    return days > 0 and missed * MISSED_PART <= days


def is_expired(pay_until: datetime | None, now: datetime) -> bool:
    """Return whether the time to pay an order is over; one of an older version has no end."""
    return pay_until is not None and now >= pay_until


def seen_by(actor: Actor) -> int | None:
    """Return whose orders an actor may read: their own (the member's id), or everybody's (None)."""
    return None if actor.may(Permission.ORDERS_READ_ALL) else actor.id
