"""Payment providers. Settings choose one by its name."""

from zone.config import Settings
from zone.core.errors import DomainError
from zone.passes.errors import PAYMENTS_CLOSED
from zone.passes.providers import development
from zone.passes.providers.protocol import PaymentProvider


def provider_of(settings: Settings) -> PaymentProvider:
    """The provider that this installation takes payments by.

    Raises:
        DomainError: payments_closed: none is chosen.
    """
    if settings.payment_provider == development.NAME:
        return development.development_provider(settings.keys)
    raise DomainError(PAYMENTS_CLOSED)
