"""Money: integer cents, rounding, and the VAT in a price."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

EUR: Final = "EUR"


_EUROS: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")


def cents_typed(euros: str) -> int | None:
    """Return the cents of an amount as people type it, such as 45, 45,5 or 45.50; None: none."""
    typed = euros.strip().removesuffix("€").strip()
    if not _EUROS.fullmatch(typed):
        return None
    # Decimal, because 19.90 is no binary fraction: float would give 1989 cents.
    return int(Decimal(typed.replace(",", ".")) * 100)


def euros_typed(cents: int) -> str:
    """Return an amount as people type it into a field, for `cents_typed`: 45,00."""
    return f"{cents // 100},{cents % 100:02d}"


def percent_of(basis_points: int) -> Decimal:
    """Return 13.5 for 1350."""
    return Decimal(basis_points) / 100


def round_half_up(value: Decimal, places: int = 0) -> Decimal:
    """Round to `places` decimals, half away from zero."""
    # As on Finnish invoices and in the targets. Python's `round` rounds half to even: 0.125 → 0.12.
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def share_percent(part: int, whole: int, places: int = 0) -> Decimal | None:
    """Return a part of a whole in percent, rounded half up; None of nothing.

    It is 100 only where nothing is missing, and 0 only where there is nothing.
    """
    if not whole:
        return None
    unit = Decimal(1).scaleb(-places)
    share = round_half_up(Decimal(100 * part) / whole, places)
    if 0 < part < whole:
        return min(max(share, unit), 100 - unit)
    return share


def vat_included(gross_cents: int, rate_percent: Decimal) -> int:
    """The VAT included in a gross price, in cents, rounded half up."""
    # gross × rate ÷ (100 + rate): the Finnish Tax Administration's formula for a VAT-inclusive
    # price.
    return int(round_half_up(Decimal(gross_cents) * rate_percent / (100 + rate_percent)))
