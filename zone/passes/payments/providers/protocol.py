"""The interface of a payment provider, and the data exchanged with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

OUTCOMES: Final = ("paid", "declined", "cancelled")


@dataclass(frozen=True, slots=True)
class AmountDue:
    """An amount to pay: the payment's reference, integer cents and their currency."""

    reference: str
    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A provider's report of a payment, at `at` by its clock; `outcome` is one of OUTCOMES."""

    reference: str
    outcome: str
    cents: int
    currency: str
    at: datetime


class PaymentProvider(Protocol):
    """A provider that shows a payment page of its own and calls back."""

    @property
    def name(self) -> str:
        """The name in the settings and in the rows of payments."""

    def start(self, due: AmountDue) -> str:
        """Return the address to pay at. Another origin must be allowed as a form target (CSP)."""

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        """Return the notice of a callback, after verifying its signature.

        Raises:
            DomainError: forged_notice.
        """
