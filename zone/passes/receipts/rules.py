"""The seller named on a receipt. Pure."""

from dataclasses import dataclass
from typing import Final

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.text import is_visible
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.models import Receipt


@dataclass(frozen=True, slots=True)
class Seller:
    """The seller's name, postal address and business ID."""

    name: str = ""
    address: str = ""
    business_id: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether receipts can name the seller as the law on receipts asks."""
        return all(map(is_visible, (self.name, self.address, self.business_id)))


UNNAMED: Final = Seller()
"""The seller where the settings name none."""


def check_seller(seller: Seller) -> None:
    """Check that there is somebody who sells.

    Raises:
        DomainError: seller_missing.
    """
    if not seller.is_complete:
        raise DomainError(SELLER_MISSING)


def seller_of(settings: Settings) -> Seller:
    """Return the seller of the settings."""
    return Seller(settings.seller_name, settings.seller_address, settings.seller_business_id)


def seller_on(receipt: Receipt) -> Seller:
    """Return the seller that a receipt names."""
    return Seller(receipt.seller_name, receipt.seller_address, receipt.seller_business_id)
