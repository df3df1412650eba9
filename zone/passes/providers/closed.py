"""No provider: what costs nothing can still be ordered, and nothing can be paid."""

from collections.abc import Mapping
from typing import Final

from zone.core.errors import DomainError
from zone.passes.errors import PAYMENTS_CLOSED
from zone.passes.providers.protocol import Due, Notice

NAME: Final = "none"


class ClosedProvider:
    """Refuses every payment with payments_closed."""

    @property
    def name(self) -> str:
        return NAME

    def start(self, due: Due) -> str:
        raise DomainError(PAYMENTS_CLOSED)

    def read(self, fields: Mapping[str, str]) -> Notice:
        raise DomainError(PAYMENTS_CLOSED)
