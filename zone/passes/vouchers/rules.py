"""What a discount code takes off an order, and how a code is compared. Pure."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from zone.core.errors import DomainError
from zone.core.money import round_half_up
from zone.core.rate_limit.rules import Limit
from zone.passes.vouchers.errors import VOUCHER_CLOSED, VOUCHER_OF_OTHERS, VOUCHER_USED_UP

WRONG_CODES: Final = Limit("wrong discount codes of one person", 10, timedelta(hours=1))
"""As many as wrong passwords: 10 tries an hour find none of 32^10 codes."""
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another."""
CODE_LENGTH: Final = 10
WHOLE: Final = 10_000
"""All of a price, in hundredths of a percent."""
_LEFT_OUT: Final = re.compile(r"[\W_]+")


def normalized_code(typed: str) -> str:
    """Return a code without case, blanks and hyphens, which people write as they like."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", typed).casefold())


def digest_of(typed: str) -> bytes:
    """Return what a code is found by: how long a look-up takes says nothing about other codes."""
    return hashlib.sha256(normalized_code(typed).encode()).digest()


def is_same_code(typed: str, stored: str) -> bool:
    """Return whether two codes are the same, in a time that does not show where they differ."""
    first, second = normalized_code(typed), normalized_code(stored)
    return hmac.compare_digest(first.encode(), second.encode())


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What a code takes off: a part of each price in hundredths of a percent, or a sum in cents.

    Of the lines with one of the `products` (ids) only; empty: of all. Both days are included.
    """

    percent_bp: int | None
    cents: int | None
    products: Collection[int]
    valid_from: date
    valid_until: date | None
    uses: int
    most_uses: int
    ended_at: datetime | None

    def is_open(self, today: date) -> bool:
        """Return whether it may be used on a day."""
        begun = self.valid_from <= today
        return self.ended_at is None and begun and today <= (self.valid_until or today)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of an order as far as its discount goes."""

    product_id: int
    cents: int


def check_usable(terms: VoucherTerms, today: date) -> None:
    """Check that a code may be used today.

    Raises:
        DomainError: voucher_closed, voucher_used_up.
    """
    if not terms.is_open(today):
        raise DomainError(VOUCHER_CLOSED)
    if terms.uses >= terms.most_uses:
        raise DomainError(VOUCHER_USED_UP)


def discounts(terms: VoucherTerms, lines: Sequence[PricedLine]) -> list[int]:
    """Return what is taken off each line, in cents; never more than its price.

    Raises:
        DomainError: voucher_of_others: none of the lines is one of its products.
    """
    prices = [
        line.cents if not terms.products or line.product_id in terms.products else 0
        for line in lines
    ]
    if not any(not terms.products or line.product_id in terms.products for line in lines):
        raise DomainError(VOUCHER_OF_OTHERS)
    if terms.percent_bp is not None:
        return [int(round_half_up(Decimal(price) * terms.percent_bp / WHOLE)) for price in prices]
    return _split(min(terms.cents or 0, sum(prices)), prices)


def _split(cents: int, prices: Sequence[int]) -> list[int]:
    """Split a sum by prices, so that the parts add up to it."""
    total, parts, left, above = sum(prices), list[int](), cents, sum(prices)
    for price in prices:
        # Of what is left by what is left: the last line takes the rest, and no part is too high.
        part = int(round_half_up(Decimal(left) * price / above)) if above else 0
        parts.append(part)
        left, above = left - part, above - price
    return parts if total else [0] * len(prices)
