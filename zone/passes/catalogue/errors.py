"""Refusals about products, prices and VAT rates."""

from typing import Final

from zone.core.errors import declare

NO_SEASON: Final = declare(
    "no_season",
    409,
    "The dates of the term are not published yet, so a product for the term cannot be bought. "
    "Choose one whose length is in days, or come back later.",
)
START_TOO_SOON: Final = declare(
    "start_too_soon",
    422,
    "That first day has already passed. Choose today or a later day.",
    fields=("valid_from",),
)
VAT_UNKNOWN: Final = declare(
    "vat_unknown",
    500,
    "The VAT rate of this product has not been set, so it cannot be sold. Contact the desk.",
)

PRICE_IN_FORCE: Final = declare(
    "price_in_force",
    409,
    "Somebody has already ordered at the price of this day, so it is not changed any more. "
    "Choose a later day.",
    fields=("valid_from",),
)
PRODUCT_EXISTS: Final = declare(
    "product_exists",
    409,
    "Somebody else has just added a product with this code. Look at it, and then save again.",
    constraints=("uq_product_code",),
    fields=("code",),
)
