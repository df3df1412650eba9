"""Try the connection to a payment provider: a call, and then a transaction."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.identity import Actor, Permission
from zone.passes.payment_setup import service
from zone.passes.payments.flows import ask_provider
from zone.passes.payments.providers.choice import PROVIDERS
from zone.passes.payments.providers.protocol import ProviderUnavailableError


def try_provider(settings: Settings, actor: Actor, name: str, now: datetime) -> str:
    """Ask a provider something that changes nothing, and return `answered` or `failed`.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.SERVICE_WRITE)
    service.check_named(settings, name)
    try:
        ask_provider(name, lambda: PROVIDERS[name].make(settings).try_connection())
        outcome = "answered"
    except ProviderUnavailableError:
        outcome = "failed"
    with writing() as session:
        service.record_trial(session, actor, name, outcome, now)
    return outcome
