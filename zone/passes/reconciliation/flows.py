"""Ask providers about the payments that are paid here."""

import logging
from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.payments.flows import ask_provider, in_turn
from zone.passes.payments.providers import development
from zone.passes.payments.providers.choice import PROVIDERS, known_provider
from zone.passes.payments.providers.protocol import (
    ProviderUnavailableError,
    RefundDue,
    check_found,
)
from zone.passes.reconciliation import context, queries, service
from zone.passes.reconciliation.context import PaymentToCompare
from zone.passes.reconciliation.queries import ReturnToMake
from zone.passes.reconciliation.rules import AGREES, COMPARED, SETTLES, compared

_log = logging.getLogger(__name__)


def compare_payments(settings: Settings, now: datetime) -> int:
    """Compare the payments of the last days with their providers; return how many differ."""
    # The development provider keeps no book.
    names = [name for name in PROVIDERS if name != development.NAME]
    with reading() as session:
        waiting = context.payments_to_compare(session, names, now - COMPARED, now - SETTLES)
    return sum(_differs(settings, payment, now) for payment in in_turn(waiting, now))


def make_returns(settings: Settings, now: datetime) -> int:
    """Let providers give back what fixes of differences ask for; return how many are settled."""
    with reading() as session:
        waiting = queries.returns_to_make(session)
    return sum(_give_back(settings, one, now) for one in in_turn(waiting, now))


def _give_back(settings: Settings, one: ReturnToMake, now: datetime) -> bool:
    callback = f"{settings.base_url}/payments/{one.provider}/callback"
    due = RefundDue(str(one.public_id), one.due, one.provider_reference, callback)
    try:
        provider = known_provider(settings, one.provider)
        outcome = ask_provider(one.provider, lambda: provider.refund(due))
    except (ProviderUnavailableError, DomainError):
        _log.warning("payment provider %s did not answer a refund", one.provider)
        return False
    if outcome not in ("done", "refused"):
        return False
    with writing() as session:
        return service.record_return(session, one.id, outcome, now)


def _differs(settings: Settings, payment: PaymentToCompare, now: datetime) -> bool:
    due, reference = payment.due, payment.provider_reference
    if reference is None:
        return False  # its start was never answered, and a callback settled it
    try:
        provider = known_provider(settings, payment.provider)
        answer = ask_provider(payment.provider, lambda: provider.find(due, reference))
        found = check_found(answer, due)
    except (ProviderUnavailableError, DomainError):
        _log.warning("payment provider %s did not answer a comparison", payment.provider)
        return False
    result, cents = compared(found, due.cents, due.currency, payment.given_back)
    with writing() as session:
        is_new = service.record_comparison(session, payment.id, result, cents, now)
    return is_new and result != AGREES
