"""Refusals about the seller."""

from typing import Final

from zone.core.errors import declare

SELLER_MISSING: Final = declare(
    "seller_missing",
    503,
    "Nothing can be sold at the moment, because the settings of the service do not name the "
    "seller. You were not charged. Tell the desk, and try again later.",
)
