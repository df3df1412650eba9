"""What the checkout needs of a payment provider, and what passes between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

OUTCOMES: Final = ("paid", "declined", "cancelled")


@dataclass(frozen=True, slots=True)
class AmountDue:
    """What is to be paid: the payment's reference, integer cents and their currency."""

    reference: str
    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """What a provider says became of a payment, at `at` by its clock; `outcome` is one of OUTCOMES."""

    reference: str
    outcome: str
    cents: int
    currency: str
    at: datetime


class PaymentProvider(Protocol):
    """A provider that takes the person to a page of its own and calls back."""

    @property
    def name(self) -> str:
        """The name that settings choose it by and that payments carry."""

    def start(self, due: AmountDue) -> str:
        """The address to which the person is sent to pay. Another origin must be allowed as a form's target (CSP)."""

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        """The notice in the fields of a callback, once its signature is verified.

        Raises:
            DomainError: forged_notice.
        """
