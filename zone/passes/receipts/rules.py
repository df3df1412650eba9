"""The seller named on a receipt, and what its mail says besides. Pure."""

from dataclasses import dataclass
from typing import Final

from zone.core.errors import DomainError
from zone.core.service_profile.rules import ServiceProfile
from zone.core.text import is_visible
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.models import Receipt


@dataclass(frozen=True, slots=True)
class Seller:
    """The seller's name, postal address and business ID, and whether it charges VAT."""

    name: str = ""
    address: str = ""
    business_id: str = ""
    charges_vat: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether receipts can name the seller as the law on receipts asks."""
        # Blanks between quotes in a file of settings name nobody.
        return all(map(is_visible, (self.name, self.address, self.business_id)))


UNNAMED: Final = Seller()
"""The seller where the service's own data name none."""


def check_seller(seller: Seller) -> None:
    """Check that there is somebody who sells.

    Raises:
        DomainError: seller_missing.
    """
    if not seller.is_complete:
        raise DomainError(SELLER_MISSING)


def seller_in(profile: ServiceProfile) -> Seller:
    """Return the seller of the service's own data."""
    return Seller(
        profile.seller_name,
        profile.seller_address,
        profile.seller_business_id,
        profile.seller_vat,
    )


def seller_on(receipt: Receipt) -> Seller:
    """Return the seller that a receipt names."""
    return Seller(
        receipt.seller_name,
        receipt.seller_address,
        receipt.seller_business_id,
        receipt.seller_vat,
    )
