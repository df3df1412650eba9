"""The payment providers: those that the settings offer, and those that were offered before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zone.core import secrets
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers import development, paytrail, stripe
from zone.passes.payments.providers.protocol import PaymentProvider
from zone.passes.payments.providers.provider_keys import provider_secrets


@dataclass(frozen=True, slots=True)
class ProviderFactory:
    """How to make a provider, and whether this installation has the keys that it needs.

    The development provider makes its own at the first use.
    """

    make: Callable[[Settings], PaymentProvider]
    was_set_up: Callable[[Settings], bool]


PROVIDERS: Final[dict[str, ProviderFactory]] = {
    development.NAME: ProviderFactory(
        lambda settings: development.development_provider(settings.keys),
        lambda settings: bool(secrets.secret_files(settings.keys, development.KEY_FILE)),
    ),
    paytrail.NAME: ProviderFactory(
        paytrail.paytrail_provider,
        lambda settings: (
            bool(settings.paytrail_account)
            and bool(provider_secrets(settings.keys, paytrail.KEY_FILE))
        ),
    ),
    stripe.NAME: ProviderFactory(
        stripe.stripe_provider,
        lambda settings: (
            bool(provider_secrets(settings.keys, stripe.KEY_FILE))
            and bool(provider_secrets(settings.keys, stripe.WEBHOOK_FILE))
        ),
    ),
}
"""Every provider by its name."""


def offered_providers(settings: Settings) -> list[PaymentProvider]:
    """Return the providers among which buyers choose, in the order of the settings."""
    return [PROVIDERS[name].make(settings) for name in offered_names(settings)]


def offered_names(settings: Settings) -> list[str]:
    """Return the names of the providers that the settings name and that have their keys."""
    # Without its keys each payment would fail after the order; the doctor says what is missing.
    return [
        name
        for name in settings.payment_providers
        if name == development.NAME or PROVIDERS[name].was_set_up(settings)
    ]


def chosen_provider(settings: Settings, wanted: str | None) -> str | None:
    """Return the name of the wanted provider, or the first; None where none is offered.

    Raises:
        DomainError: payments_closed: another one is wanted than those that are offered.
    """
    offered = offered_names(settings)
    if wanted and wanted not in offered:
        raise DomainError(PAYMENTS_CLOSED)
    return wanted or next(iter(offered), None)


def known_provider(settings: Settings, name: str) -> PaymentProvider:
    """Return the provider of that name, also one that is not offered any more.

    Raises:
        DomainError: not_found: there is none, or it was never set up here.
    """
    factory = PROVIDERS.get(name)
    if factory is None:
        raise DomainError(NOT_FOUND)
    # Money that is on its way still counts after a provider was taken out of the settings. One that
    # was never in them gets no key made by a stranger's request.
    if name not in settings.payment_providers and not factory.was_set_up(settings):
        raise DomainError(NOT_FOUND)
    return factory.make(settings)
