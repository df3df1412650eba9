"""Refusals about when a product is sold."""

from typing import Final

from zone.core.errors import declare

SALE_NOT_OPEN: Final = declare(
    "sale_not_open", 409, "This is sold from {opens} on. Come back then, or choose another product."
)
SALE_CLOSED: Final = declare(
    "sale_closed", 409, "The sale of this ended {closed}. Choose another product."
)
WINDOW_ORDER: Final = declare(
    "window_order", 422, "The sale has to end after it begins.", fields=("closes_on",)
)
WINDOW_EXISTS: Final = declare(
    "window_exists",
    409,
    "The sale of this product begins at that time already. Choose another time.",
    constraints=("uq_sale_window_product_id_opens_at",),
    fields=("opens_on",),
)
