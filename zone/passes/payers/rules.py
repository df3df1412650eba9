"""What a payer's billing details may be. Pure."""

import re
from dataclasses import dataclass
from typing import Final

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2)
_BUSINESS_ID: Final = re.compile(r"\d{7}-\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What an invoice says of the one who pays. The lengths of Finvoice 3.0 hold for all of it."""

    name: str
    business_id: str
    vat_id: str
    street: str
    post_code: str
    town: str
    country: str
    einvoice_address: str
    einvoice_operator: str
    email: str
    language: str
    payment_days: int


def is_business_id(text: str) -> bool:
    """Return whether a text is a Finnish business ID (Y-tunnus) with a correct check digit."""
    if not _BUSINESS_ID.fullmatch(text):
        return False
    # Finnish Tax Administration, "Tarkistusmerkin laskenta": weights from the left, modulo 11.
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False)) % 11
    return rest != 1 and int(text[-1]) == (11 - rest if rest else 0)
