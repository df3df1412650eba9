"""What needs a payment provider: start a payment, take a callback, look payments up, give back.

Each is a transaction, a call without one, and another transaction. A process that dies in between
leaves rows from which `find_payments` and `make_refunds` go on.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.orders.models import Order
from zone.passes.payments import queries, service
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers.choice import PROVIDERS, known_provider
from zone.passes.payments.providers.protocol import (
    Callback,
    FoundPayment,
    ProviderUnavailableError,
)
from zone.passes.payments.queries import PaymentToFind, RefundToMake
from zone.passes.payments.rules import FREE
from zone.passes.receipts.queries import seller_of

IN_PROGRESS: Final = timedelta(minutes=5)
"""A call to a provider has ended by then, or its process is dead."""
LOOKED_UP_FOR: Final = timedelta(days=2)
"""How long a payment without an outcome is looked up. Later ones come by callback only."""

_log = logging.getLogger(__name__)


def start_payment(settings: Settings, payment_id: int, now: datetime) -> str | None:
    """Create a stored payment at its provider, and return the address to pay at.

    None where nothing is due. Of a payment that was created already it is the same address.

    Raises:
        DomainError: payments_closed: the provider did not answer. The payment stays, and the call
            may be repeated.
    """
    with reading() as session:
        start = queries.payment_to_start(
            session, payment_id, f"{settings.base_url}/payments/{{provider}}/callback"
        )
    if start.provider == FREE or start.address is not None:
        return start.address
    try:
        created = known_provider(settings, start.provider).create(start.request)
    except ProviderUnavailableError as error:
        raise DomainError(PAYMENTS_CLOSED) from error
    with writing() as session:
        # The stored one: a second tap that asked at the same time leads to the same page.
        return service.record_created(session, payment_id, created, now)


def take_callback(settings: Settings, name: str, callback: Callback, now: datetime) -> Order:
    """Verify a provider's callback and store its notice; return the order.

    Raises:
        DomainError: not_found, forged_notice, wrong_amount; payments_closed: the provider had to be
            asked and did not answer, so it calls again.
    """
    provider = known_provider(settings, name)
    try:
        notice = provider.verify(callback)
    except ProviderUnavailableError as error:
        raise DomainError(PAYMENTS_CLOSED) from error
    with writing() as session:
        return service.settle(session, name, notice, now, seller_of(session, settings))


def find_payments(settings: Settings, now: datetime) -> int:
    """Look up the payments whose start or callback was lost; return how many were found.

    One that its provider does not know was never created: it is recorded as cancelled.
    """
    with reading() as session:
        lost = queries.payments_to_find(
            session, list(PROVIDERS), now - LOOKED_UP_FOR, now - IN_PROGRESS
        )
    return sum(_find(settings, payment, now) for payment in lost)


def _find(settings: Settings, payment: PaymentToFind, now: datetime) -> bool:
    try:
        found = known_provider(settings, payment.provider).find(
            payment.due, payment.provider_reference
        )
    except (ProviderUnavailableError, DomainError):
        # One at a time: what one provider does not answer must not keep the others waiting.
        _log.warning("payment provider %s did not answer a look-up", payment.provider)
        return False
    # Created there already, and nothing new: also where the provider does not know it any more.
    if payment.provider_reference is not None and (found is None or found.notice is None):
        return False
    with writing() as session:
        if found is None:
            service.record_outcome(
                session, payment.id, "cancelled", occurred_at=now, recorded_at=now
            )
        else:
            service.record_created(session, payment.id, found.created, now)
    return found is None or _settle_found(settings, payment.provider, found, now)


def _settle_found(settings: Settings, provider: str, found: FoundPayment, now: datetime) -> bool:
    if found.notice is None:
        return True
    try:
        with writing() as session:
            service.settle(session, provider, found.notice, now, seller_of(session, settings))
    except DomainError as refusal:  # such as another sum than ours
        _log.warning("a payment at %s was not settled: %s", provider, refusal.code)
        return False
    return True


def make_refunds(settings: Settings, now: datetime) -> int:
    """Carry out the refunds that wait for their provider; return how many are settled.

    A refund that the provider refuses has to be given back by hand, as the doctor says.
    """
    with reading() as session:
        waiting = queries.refunds_to_make(session, list(PROVIDERS))
    return sum(_refund(settings, refund, now) for refund in waiting)


def _refund(settings: Settings, refund: RefundToMake, now: datetime) -> bool:
    try:
        outcome = known_provider(settings, refund.provider).refund(refund.due)
    except (ProviderUnavailableError, DomainError):
        _log.warning(
            "payment provider %s did not answer a refund of order %s",
            refund.provider,
            refund.order_id,
        )
        return False
    if outcome == "pending":
        return False
    if outcome == "refused":  # the doctor counts these; here is which
        _log.warning(
            "payment provider %s refused a refund of order %s", refund.provider, refund.order_id
        )
    with writing() as session:
        is_new = service.record_refund(session, refund.id, outcome, now)
        if is_new and outcome == "refused":
            service.tell_refused(session, refund.id, now)
    return is_new
