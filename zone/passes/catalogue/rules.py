"""Kinds of products, prices and rates in force, VAT, and the length of a pass. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from zone.core.errors import DomainError
from zone.core.money import percent_of, round_half_up, vat_included
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
"""The kind of a product that gives no pass, such as the fee for a lost card."""

BUNDLE: Final = "bundle"
"""The kind of a product that sells others for one price; each part gives a pass of its own."""

ENTITLEMENTS: Final = ("gym", "class", "court")
VAT_CATEGORIES: Final = ("exercise", "coaching", "other")

OF_TERMS: Final = ("season", "academic_year", "summer")
"""Durations that end with a term: any; the spring, after the autumn; the summer."""
DAYS: Final = "days"
FROM_ACTIVATION: Final = "from_activation"
DURATIONS: Final = (*OF_TERMS, DAYS, FROM_ACTIVATION)
"""How long a pass lasts: to the end of terms, or days from its first day or its activation."""

D = TypeVar("D", bound="Dated")


class Dated(Protocol):
    """A row in force from a day on, until the next one begins."""

    @property
    def valid_from(self) -> date: ...


def in_force(rows: Iterable[D], day: date) -> D | None:
    """Return the row in force on a day: the last that began by then; None before the first."""
    # No end is stored: exercise was 14 % until 31.12.2025 because 13.5 % begins on 1.1.2026.
    started = [row for row in rows if row.valid_from <= day]
    return max(started, key=lambda row: row.valid_from, default=None)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A VAT rate in hundredths of a percent, from a day on."""

    valid_from: date
    rate_bp: int


def vat_bp(rates: Iterable[DatedRate], supplied_on: date, *, seller_vat: bool) -> int:
    """Return the VAT rate of a day of supply, in hundredths of a percent.

    A refund uses the rate of its order line. Source: the Finnish VAT table in reference.toml.

    Raises:
        DomainError: vat_unknown, before the first known rate.
    """
    # 0, not an error: the law may leave a seller outside VAT, which is a setting.
    if not seller_vat:
        return 0
    # By the day of supply, and for what is paid in advance, such as a pass, the day of payment. No
    # rate is guessed before the first one of the table.
    rate = in_force(rates, supplied_on)
    if rate is None:
        raise DomainError(VAT_UNKNOWN)
    return rate.rate_bp


def rate_day(supplied_on: date, paid_on: date) -> date:
    """Return the day whose VAT rate holds: that of the supply, or of the payment if earlier.

    A pass that is paid on 31.12.2025 for January has 14 % (exercise); one that began on 31.12.2025
    and is paid on 1.1.2026 has 14 % too.
    """
    # VAT Act 1501/1993, section 15: an advance payment is taxed when it is received.
    return min(supplied_on, paid_on)


def vat_cents(gross_cents: int, rate_bp: int) -> int:
    """Return the VAT in a price that includes it, in cents."""
    # Rounded by the amount without its sign: a refund has exactly the negative VAT of its sale.
    inside = vat_included(abs(gross_cents), percent_of(rate_bp))
    return inside if gross_cents >= 0 else -inside


def split_vat(
    lines: Sequence[tuple[int, int]], before: Mapping[int, int] = MappingProxyType({})
) -> list[int]:
    """Return the VAT cents of each line, given as its gross cents and its rate.

    The lines of a rate add up to the VAT of their sum, which is rounded once. `before` are the
    gross cents that earlier documents have at each rate: with them too it is rounded once, so the
    VAT of all credit notes of a sale ends as the VAT of the sale.
    """
    sums, parts = dict(before), []
    for cents, rate_bp in lines:
        so_far = sums.get(rate_bp, 0)
        sums[rate_bp] = so_far + cents
        parts.append(vat_cents(sums[rate_bp], rate_bp) - vat_cents(so_far, rate_bp))
    return parts


def bp_of(percent: Decimal) -> int:
    """Return 1350 for 13.5.

    Raises:
        ValueError: finer than a hundredth of a percent.
    """
    # A rate such as 13.505 % is a typing error: refuse it rather than round it.
    bp = round_half_up(percent * 100)
    if bp != percent * 100:
        raise ValueError(f"{percent} is finer than a hundredth of a percent")
    return int(bp)


def duration_of(length_days: int | None) -> str:
    """Return the duration of a product of which only a length is known."""
    return "season" if length_days is None else DAYS


@dataclass(frozen=True, slots=True)
class TermDays:
    """The days of a term, both included."""

    kind: str
    starts_on: date
    ends_on: date


def term_days(
    duration: str, terms: Iterable[TermDays], starts_on: date
) -> tuple[date, date] | None:
    """Return the first and last day of a pass that lasts to the end of terms; None: none is known.

    A summer or an academic year does not begin before its term; a term begins at once, also in the
    break before it.
    """
    coming = sorted(
        (term for term in terms if term.ends_on >= starts_on), key=lambda term: term.ends_on
    )
    # A summer pass is cheap: bought in April it must not open the doors of the spring.
    if duration == "summer":
        summer = next((term for term in coming if term.kind == "summer"), None)
        return (max(starts_on, summer.starts_on), summer.ends_on) if summer else None
    if duration == "season":
        return (starts_on, coming[0].ends_on) if coming else None
    # An academic year is an autumn and the spring after it; bought in spring it ends with that one.
    spring = next((term for term in coming if term.kind == "spring"), None)
    if spring is None:
        return None
    autumns = (term for term in coming if term.kind == "autumn" and term.ends_on < spring.starts_on)
    autumn = next(autumns, None)
    return max(starts_on, autumn.starts_on if autumn else starts_on), spring.ends_on


def last_day(starts_on: date, length_days: int) -> date:
    """Return the last day: of 30 days from the 1st on, the 30th."""
    # - 1: both days are included. Calendar days, so a change of clocks takes no hour off.
    return starts_on + timedelta(days=length_days - 1)
