"""Kinds of products, prices and rates in force, VAT, and the length of a pass. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Protocol, TypeVar

from zone.core.errors import DomainError
from zone.core.money import half_up, vat_included
from zone.passes.catalogue.errors import VAT_UNKNOWN

KINDS: Final = (
    "sports_pass",
    "gym_pass",
    "single_visit",
    "test",
    "complimentary",
    "guest",
    "companion",
)
FEE: Final = "fee"
"""A product that is paid for and gives no pass, such as the fee for a lost card."""
ENTITLEMENTS: Final = ("gym", "class", "court")
VAT_CATEGORIES: Final = ("exercise", "coaching", "other")


class Dated(Protocol):
    """In force from a day on, until the next one begins."""

    @property
    def valid_from(self) -> date: ...


D = TypeVar("D", bound=Dated)


def in_force(rows: Iterable[D], day: date) -> D | None:
    """The row that began last, of those that began by `day`; None before the first."""
    begun = [row for row in rows if row.valid_from <= day]
    return max(begun, key=lambda row: row.valid_from, default=None)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A VAT rate in hundredths of a percent, from a day on."""

    valid_from: date
    rate_bp: int


def vat_bp(rates: Iterable[DatedRate], supplied_on: date, *, seller_vat: bool) -> int:
    """The VAT rate, in hundredths of a percent, of what is supplied on a day.

    A pass is paid ahead, and the day of paying ahead is the day of supply. A seller outside VAT charges 0.
    Source: the Finnish VAT table in reference.toml. A refund does not ask here: it uses the rate of its line.

    Raises:
        DomainError: vat_unknown, before the first known rate.
    """
    if not seller_vat:
        return 0
    rate = in_force(rates, supplied_on)
    if rate is None:
        raise DomainError(VAT_UNKNOWN)
    return rate.rate_bp


def vat_cents(gross_cents: int, rate_bp: int) -> int:
    """The VAT inside a price, in cents; of a refund the same amount, negative."""
    inside = vat_included(abs(gross_cents), percent_of(rate_bp))
    return inside if gross_cents >= 0 else -inside


def percent_of(rate_bp: int) -> Decimal:
    """1350 → 13.5, as a number."""
    return Decimal(rate_bp) / 100


def bp_of(percent: Decimal) -> int:
    """13.5 → 1350.

    Raises:
        ValueError: finer than a hundredth of a percent.
    """
    bp = half_up(percent * 100)
    if bp != percent * 100:
        raise ValueError(f"{percent} is finer than a hundredth of a percent")
    return int(bp)


def last_day(starts_on: date, length_days: int) -> date:
    """The last day of a pass: one of 30 days that starts on the 1st ends on the 30th."""
    return starts_on + timedelta(days=length_days - 1)
