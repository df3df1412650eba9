"""Money is integer cents, with its currency and its VAT rate on the line."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

EUR: Final = "EUR"


def half_up(value: Decimal, places: int = 0) -> Decimal:
    """Round half away from zero, as Finnish invoices and the targets do."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def vat_included(gross_cents: int, rate_percent: Decimal) -> int:
    """The VAT inside a gross price, in cents: gross × rate ÷ (100 + rate), rounded half up.

    Source: the Finnish Tax Administration's way of taking VAT out of a price that includes it.
    """
    return int(half_up(Decimal(gross_cents) * rate_percent / (100 + rate_percent)))


def format_cents(cents: int) -> str:
    """`1234` → `12,34 €`, the Finnish way, with a no-break space."""
    sign, whole, part = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return f"{sign}{whole},{part:02d}\u00a0€"
