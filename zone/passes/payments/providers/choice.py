"""The payment provider that the settings choose."""

from zone.core.config import Settings
from zone.passes.payments.providers import development
from zone.passes.payments.providers.closed import ClosedProvider
from zone.passes.payments.providers.protocol import PaymentProvider


def provider_of(settings: Settings) -> PaymentProvider:
    """The provider that this installation takes payments by; where none is chosen, one that refuses them all."""
    if settings.payment_provider == development.NAME:
        return development.development_provider(settings.keys)
    return ClosedProvider()
