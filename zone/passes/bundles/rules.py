"""What a bundle is made of, and how its price is divided. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zone.core.errors import DomainError
from zone.passes.bundles.errors import COUNTS_TWICE, PART_IS_NO_PASS
from zone.passes.catalogue.rules import KINDS

LEAST_PARTS: Final = 2
MOST_PARTS: Final = 6
MOST_SHARE: Final = 1_000_000
"""As cents: 10,000 euros."""


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part of a bundle: a product by its code, its share of the price, and whether its pass
    counts in target A.
    """

    product: str
    share: int
    counts: bool = True


def check_parts(kinds: Sequence[str], counts: Sequence[bool]) -> None:
    """Check the kinds of the parts of a bundle, and which of them count.

    Raises:
        DomainError: part_is_no_pass, counts_twice.
    """
    if not set(kinds) <= set(KINDS):
        raise DomainError(PART_IS_NO_PASS)
    # A bundle counts once for each kind of pass that is taken into use from it.
    counted = [kind for kind, does in zip(kinds, counts, strict=True) if does]
    if len(set(counted)) < len(counted):
        raise DomainError(COUNTS_TWICE)


def split_price(cents: int, shares: Sequence[int]) -> list[int]:
    """Divide a sum by shares, to the cent: the largest remainders get the cents that are left.

    No part is more than the sum. Where all shares are 0 the sum has to be 0 too.
    """
    total = sum(shares)
    if not total:
        return [0] * len(shares)
    parts = [cents * share // total for share in shares]
    # Of equal remainders the earlier part gets the cent: the same order divides in the same way.
    by_remainder = sorted(range(len(shares)), key=lambda n: (-(cents * shares[n] % total), n))
    for n in by_remainder[: cents - sum(parts)]:
        parts[n] += 1
    return parts


def first_day_after(starts_on: date, covering: Collection[date]) -> date:
    """Return the first day of a part, after the last days of the parts that give the same."""
    return max([starts_on, *(last + timedelta(days=1) for last in covering)])
