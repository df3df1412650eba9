"""Ask providers which refunds they have made, and find those that our books do not have."""

import logging
from datetime import datetime
from functools import partial

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.payments.flows import ask_provider
from zone.passes.payments.providers.choice import PROVIDERS, known_provider
from zone.passes.payments.providers.protocol import (
    MadeRefund,
    ProviderUnavailableError,
    RefundBook,
)
from zone.passes.provider_refunds import queries, service
from zone.passes.reconciliation.rules import COMPARED

_log = logging.getLogger(__name__)


def compare_refunds(settings: Settings, now: datetime) -> int:
    """Compare the refunds of the last days with their providers; return how many are new here."""
    return sum(_compare(settings, name, now) for name in PROVIDERS)


def _compare(settings: Settings, name: str, now: datetime) -> int:
    since = now - COMPARED
    with reading() as session:
        if not queries.has_payments(session, name, since):
            return 0
    try:
        provider = known_provider(settings, name)
        if not isinstance(provider, RefundBook):
            return 0  # its payouts say what it gave back
        made = ask_provider(name, lambda: provider.refunds_since(since))
        # After the list: what we ask of a provider is in our books before it is asked.
        with reading() as session:
            unknown = queries.unknown_among(session, name, made)
        return sum(_record(provider, name, one, now) for one in unknown)
    except (ProviderUnavailableError, DomainError):
        _log.warning("payment provider %s did not say which refunds it has made", name)
        return 0


def _record(provider: RefundBook, name: str, made: MadeRefund, now: datetime) -> bool:
    reference = ask_provider(name, partial(provider.payment_of, made))
    if reference is None:
        return False
    with writing() as session:
        return service.record_unknown(session, name, reference, made, now)
