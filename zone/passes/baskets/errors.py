"""Refusals about baskets."""

from typing import Final

from zone.core.errors import declare

BASKET_EMPTY: Final = declare(
    "basket_empty",
    409,
    "Your basket is empty; perhaps you have ordered in another window. Choose a product first.",
)
BASKET_FULL: Final = declare(
    "basket_full",
    409,
    "There are ten products in your basket already. Order these first, or take one out.",
)
