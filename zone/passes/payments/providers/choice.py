"""The payment providers: those that the settings offer, and those that were offered before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zone.core import secrets
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers import development
from zone.passes.payments.providers.protocol import PaymentProvider


@dataclass(frozen=True, slots=True)
class ProviderFactory:
    """How to make a provider, and whether this installation has ever had what it needs."""

    make: Callable[[Settings], PaymentProvider]
    was_set_up: Callable[[Settings], bool]


PROVIDERS: Final[dict[str, ProviderFactory]] = {
    development.NAME: ProviderFactory(
        lambda settings: development.development_provider(settings.keys),
        lambda settings: bool(secrets.secret_files(settings.keys, development.KEY_FILE)),
    ),
}
"""Every provider by its name."""


def offered_providers(settings: Settings) -> list[PaymentProvider]:
    """Return the providers among which buyers choose, in the order of the settings."""
    return [PROVIDERS[name].make(settings) for name in settings.payment_providers]


def chosen_provider(settings: Settings, wanted: str | None) -> str | None:
    """Return the name of the wanted provider, or the first; None where none is offered.

    Raises:
        DomainError: payments_closed: another one is wanted than those that are offered.
    """
    if wanted and wanted not in settings.payment_providers:
        raise DomainError(PAYMENTS_CLOSED)
    return wanted or next(iter(settings.payment_providers), None)


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
