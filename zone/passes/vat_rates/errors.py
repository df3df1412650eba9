"""Refusals about VAT rates."""

from typing import Final

from zone.core.errors import declare

VAT_RATE_CHANGED: Final = declare(
    "vat_rate_changed",
    409,
    "Somebody else has just set a rate from this day. Look at it, and then save again.",
    constraints=("uq_vat_rate_category_valid_from",),
    fields=("valid_from",),
)
