"""The seller named on a receipt. Pure."""

from dataclasses import dataclass
from typing import Final

from zone.core.config import Settings
from zone.passes.receipts.models import Receipt


@dataclass(frozen=True, slots=True)
class Seller:
    """The seller's name, postal address and business ID."""

    name: str = ""
    address: str = ""
    business_id: str = ""


UNNAMED: Final = Seller()
"""The seller where the settings name none."""


def seller_of(settings: Settings) -> Seller:
    """Return the seller of the settings."""
    return Seller(settings.seller_name, settings.seller_address, settings.seller_business_id)


def seller_on(receipt: Receipt) -> Seller:
    """Return the seller that a receipt names."""
    return Seller(receipt.seller_name, receipt.seller_address, receipt.seller_business_id)
