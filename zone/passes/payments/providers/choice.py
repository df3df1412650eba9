"""The payment provider that the settings choose."""

from zone.core.config import Settings
from zone.passes.payments.providers import development
from zone.passes.payments.providers.closed import ClosedProvider
from zone.passes.payments.providers.protocol import PaymentProvider


def provider_of(settings: Settings) -> PaymentProvider:
    """Return the payment provider of the settings; where none is set, one that refuses."""
    if settings.payment_provider == development.NAME:
        return development.development_provider(settings.keys)
    return ClosedProvider()
