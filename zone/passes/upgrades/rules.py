"""What an upgrade costs. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from zone.core.money import round_half_up
from zone.passes.entitlements.rules import Rights
from zone.passes.passes.rules import COUNTED_KINDS


@dataclass(frozen=True, slots=True)
class PricedDays:
    """The price of a pass in cents, and how many days it is for."""

    cents: Decimal | int
    days: int

    @property
    def a_day(self) -> Decimal:
        """The price of one day, in cents."""
        return Decimal(self.cents) / self.days


def add_days(parts: Iterable[PricedDays], days: int) -> PricedDays:
    """Return the price of so many days of which each costs what it does in all parts together."""
    return PricedDays(sum((part.a_day for part in parts), Decimal()) * days, days)


def upgrade_cents(old: PricedDays, new: PricedDays, left: int, *, by_days: bool) -> int:
    """Return the price of an upgrade for the `left` days of the old pass, in cents.

    By days: the difference of the prices of a day, for the days left. Else the whole difference for
    as many days as the old pass has. Never less than 0: nothing is paid out.
    """
    days = left if by_days else old.days
    return max(int(round_half_up((new.a_day - old.a_day) * days)), 0)


def is_upgrade(
    held_kind: str,
    held: Rights,
    kind: str,
    gives: Rights,
    held_visits: int | None = None,
    visits: int | None = None,
) -> bool:
    """Return whether a product gives all that a pass does, and more, and may take its place.

    `visits` are those that each was sold with; None: as many as one likes.
    """
    if visits is not None and (held_visits is None or visits < held_visits):
        return False
    # Target A takes the kind of the first pass of a chain: the new one would never be counted.
    if kind in COUNTED_KINDS and held_kind not in COUNTED_KINDS:
        return False
    return gives.covers(held) and not held.covers(gives)
