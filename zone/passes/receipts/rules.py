"""Who sells, as named on a receipt. Pure."""

from dataclasses import dataclass
from typing import Final

from zone.core.config import Settings
from zone.passes.receipts.models import Receipt


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: name, postal address and business ID, as they stand on a receipt."""

    name: str = ""
    address: str = ""
    business_id: str = ""


UNNAMED: Final = Seller()
"""The seller of a service that has not set one."""


def seller_of(settings: Settings) -> Seller:
    """Who sells now."""
    return Seller(settings.seller_name, settings.seller_address, settings.seller_business_id)


def seller_on(receipt: Receipt) -> Seller:
    """Who sold, as the receipt keeps it."""
    return Seller(receipt.seller_name, receipt.seller_address, receipt.seller_business_id)
