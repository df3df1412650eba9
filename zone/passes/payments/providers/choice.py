"""The payment providers: those that the settings offer, and those that were offered before."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers import development, paytrail, stripe
from zone.passes.payments.providers.protocol import PaymentProvider
from zone.passes.payments.providers.provider_keys import provider_secrets


@dataclass(frozen=True, slots=True)
class ProviderFactory:
    """How to make a provider, and the settings and files that it needs and does not have.

    The development provider makes its own key at the first use.
    """

    make: Callable[[Settings], PaymentProvider]
    missing: Callable[[Settings], tuple[str, ...]]


def _without_files(settings: Settings, *names: str) -> tuple[str, ...]:
    return tuple(name for name in names if not provider_secrets(settings.keys, name))


def _missing_of_paytrail(settings: Settings) -> tuple[str, ...]:
    account = () if settings.paytrail_account else ("ZONE_PAYTRAIL_ACCOUNT",)
    return (*account, *_without_files(settings, paytrail.KEY_FILE))


PROVIDERS: Final[dict[str, ProviderFactory]] = {
    development.NAME: ProviderFactory(
        lambda settings: development.development_provider(settings.keys),
        lambda settings: _without_files(settings, development.KEY_FILE),
    ),
    paytrail.NAME: ProviderFactory(paytrail.paytrail_provider, _missing_of_paytrail),
    stripe.NAME: ProviderFactory(
        stripe.stripe_provider,
        lambda settings: _without_files(settings, stripe.KEY_FILE, stripe.WEBHOOK_FILE),
    ),
}
"""Every provider by its name."""


def missing_keys(settings: Settings, name: str) -> tuple[str, ...]:
    """Return the names of the settings and files without which a provider takes no payment."""
    return () if name == development.NAME else PROVIDERS[name].missing(settings)


def offered_providers(settings: Settings, off: Collection[str]) -> list[PaymentProvider]:
    """Return the providers among which buyers choose, in the order of the settings.

    `off` are those that managers do not offer.
    """
    return [PROVIDERS[name].make(settings) for name in _offered_names(settings, off)]


def _offered_names(settings: Settings, off: Collection[str]) -> list[str]:
    # Without its keys each payment would fail after the order; the doctor says what is missing.
    return [
        name
        for name in settings.payment_providers
        if name not in off and not missing_keys(settings, name)
    ]


def chosen_provider(settings: Settings, wanted: str | None, off: Collection[str]) -> str | None:
    """Return the name of the wanted provider, or the first; None where none is offered.

    `off` are those that managers do not offer.

    Raises:
        DomainError: payments_closed: another one is wanted than those that are offered.
    """
    offered = _offered_names(settings, off)
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
    if name not in settings.payment_providers and factory.missing(settings):
        raise DomainError(NOT_FOUND)
    return factory.make(settings)
