"""The seller named on a receipt, and what its mail says besides. Pure."""

from collections.abc import Mapping
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
        # Blanks between quotes in a file of settings name nobody.
        return all(map(is_visible, (self.name, self.address, self.business_id)))


WHERE_PASS: Final[Mapping[str, str]] = {
    "fi": "Passisi odottaa Zonessa kohdassa Passi, ja kaikki kuittisi ovat kohdassa\nMinä.",
    "sv": "Ditt pass väntar i Zone under Pass, och alla dina kvitton finns under\nJag.",
    "en": "Your pass waits in Zone under Pass, and all your receipts under Me.",
}
WHERE_RECEIPTS: Final[Mapping[str, str]] = {
    "fi": "Kaikki kuittisi ovat Zonessa kohdassa Minä.",
    "sv": "Alla dina kvitton finns i Zone under Jag.",
    "en": "All your receipts are in Zone under Me.",
}
REFUNDED_PASS: Final[Mapping[str, str]] = {
    "fi": "Tilauksesi on hyvitetty kokonaan, ja passi on päättynyt.",
    "sv": "Din beställning är återbetald i sin helhet och passet har upphört.",
    "en": "Your order is refunded in full, and the pass has ended.",
}
REFUNDED: Final[Mapping[str, str]] = {
    "fi": "Tilauksesi on hyvitetty kokonaan.",
    "sv": "Din beställning är återbetald i sin helhet.",
    "en": "Your order is refunded in full.",
}

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
