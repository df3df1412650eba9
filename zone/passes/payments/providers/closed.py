"""No payment provider: only orders of 0 cents are possible."""

from collections.abc import Mapping
from typing import Final

from zone.core.errors import DomainError
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers.protocol import AmountDue, PaymentNotice

NAME: Final = "none"


class ClosedProvider:
    """Refuses every payment.

    Raises:
        DomainError: payments_closed, from `start` and `read`.
    """

    @property
    def name(self) -> str:
        return NAME

    def start(self, due: AmountDue) -> str:
        raise DomainError(PAYMENTS_CLOSED)

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        raise DomainError(PAYMENTS_CLOSED)
