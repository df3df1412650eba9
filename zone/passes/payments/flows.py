"""What needs a payment provider: start a payment, take a callback, look payments up, give back.

Each is a transaction, a call without one, and another transaction. A process that dies in between
leaves rows from which `find_payments` and `make_refunds` go on.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.safe_error import describe_with_traceback
from zone.passes.orders.models import Order
from zone.passes.payments import queries, service
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.payments.providers.choice import PROVIDERS, known_provider
from zone.passes.payments.providers.protocol import (
    PENDING,
    REFUND_OUTCOMES,
    Callback,
    FoundPayment,
    ProviderUnavailableError,
    check_created,
    check_found,
    check_notice,
)
from zone.passes.payments.queries import PaymentToFind, RefundToMake
from zone.passes.payments.rules import (
    FREE,
    IN_PROGRESS,
    LOOKED_UP,
    MOST_ASKING,
    is_look_up_due,
    is_refund_asked,
)
from zone.passes.receipts.queries import seller_of
from zone.passes.reconciliation import service as reconciliation

T = TypeVar("T")

_log = logging.getLogger(__name__)


def ask_provider(name: str, call: Callable[[], T]) -> T:
    """Return what a provider answers; a fault of its module is no answer.

    Raises:
        DomainError, ProviderUnavailableError: as the provider's method.
    """
    try:
        return call()
    except (DomainError, ProviderUnavailableError):
        raise
    except Exception as error:  # one payment must not keep those of everybody else waiting
        _log.error("payment provider %s failed: %s", name, describe_with_traceback(error))
        raise ProviderUnavailableError from error


def _callback_url(settings: Settings) -> str:
    return f"{settings.base_url}/payments/{{provider}}/callback"


def start_payment(settings: Settings, payment_id: int, now: datetime) -> str | None:
    """Create a stored payment at its provider, and return the address to pay at.

    None where nothing is due. Of a payment that was created already it is the same address.

    Raises:
        DomainError: payments_closed: the provider did not answer. The payment stays, and the call
            may be repeated.
    """
    with reading() as session:
        start = queries.payment_to_start(session, payment_id, _callback_url(settings))
    if start.provider == FREE or start.address is not None:
        return start.address
    try:
        provider = known_provider(settings, start.provider)
        created = check_created(
            ask_provider(start.provider, lambda: provider.create(start.request))
        )
    except ProviderUnavailableError as error:
        raise DomainError(PAYMENTS_CLOSED) from error
    with writing() as session:
        # The stored one: a second tap that asked at the same time leads to the same page.
        return service.record_created(session, payment_id, created, now)


def take_callback(settings: Settings, name: str, callback: Callback, now: datetime) -> Order | None:
    """Verify a provider's callback and store its notice; return the order.

    None where the callback is about no payment of ours.

    Raises:
        DomainError: not_found (no such provider), forged_notice, wrong_amount; payments_closed: the
            provider had to be asked and did not answer, so it calls again.
    """
    provider = known_provider(settings, name)
    try:
        verified = ask_provider(name, lambda: provider.verify(callback))
        if verified is None:
            return None
        notice = check_notice(verified)
    except ProviderUnavailableError as error:
        raise DomainError(PAYMENTS_CLOSED) from error
    with writing() as session:
        try:
            return service.settle(session, name, notice, now, seller_of(session, settings))
        except DomainError as refusal:
            if refusal.reasons[0] is not NOT_FOUND:
                raise
            # Signed, and not here: such as one of before a restore. An error would be repeated for
            # days, so it is kept for staff, and taken.
            if notice.outcome == "paid":
                reconciliation.record_unknown(session, name, notice, now)
            return None


def find_payments(settings: Settings, now: datetime, within: timedelta = LOOKED_UP) -> int:
    """Look up the payments whose start or callback was lost; return how many were found.

    `within` is how long ago they were started at most.

    One that its provider does not know was never created: it is recorded as cancelled.
    """
    with reading() as session:
        lost = queries.payments_to_find(session, list(PROVIDERS), now - within, now - IN_PROGRESS)
    due = [
        payment
        for payment in lost
        if is_look_up_due(payment.started_at, now, has_outcome=bool(payment.outcomes - {PENDING}))
    ]
    return sum(_find(settings, payment, now) for payment in in_turn(due, now))


def in_turn(waiting: Sequence[T], now: datetime) -> Iterator[T]:
    """Yield what a provider is asked about, for MOST_ASKING."""
    # Each run begins with another one: calls that take long must not leave out the same ones again.
    first = int(now.timestamp() // 60) % max(1, len(waiting))
    ends = monotonic() + MOST_ASKING.total_seconds()
    for one in (*waiting[first:], *waiting[:first]):
        if monotonic() >= ends:
            return
        yield one


def _find(settings: Settings, payment: PaymentToFind, now: datetime) -> bool:
    try:
        found = _look_up(settings, payment)
    except (ProviderUnavailableError, DomainError):
        # One at a time: what one provider does not answer must not keep the others waiting.
        _log.warning("payment provider %s did not answer a look-up", payment.provider)
        return False
    # A notice that we have already is nothing new, and neither is one that says nothing yet.
    notice = None if found is None else found.notice
    is_new = notice is not None and notice.outcome not in payment.outcomes
    # Created there already, and nothing new: also where the provider does not know it any more.
    if payment.provider_reference is not None and not is_new:
        return False
    if found is None:
        with writing() as session:
            return service.record_outcome(
                session, payment.id, "cancelled", occurred_at=now, recorded_at=now
            )
    with writing() as session:
        service.record_created(session, payment.id, found.created, now)
    return not is_new or _settle_found(settings, payment.provider, found, now)


def _look_up(settings: Settings, payment: PaymentToFind) -> FoundPayment | None:
    provider = known_provider(settings, payment.provider)
    due, reference = payment.due, payment.provider_reference
    return check_found(ask_provider(payment.provider, lambda: provider.find(due, reference)), due)


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
        waiting = queries.refunds_to_make(session, list(PROVIDERS), _callback_url(settings))
    asked = [refund for refund in waiting if is_refund_asked(refund.recorded_at, now)]
    return sum(_refund(settings, refund, now) for refund in in_turn(asked, now))


def _refund(settings: Settings, refund: RefundToMake, now: datetime) -> bool:
    # Those before it may have taken minutes, in which staff gave this one back by hand. From here
    # on they cannot: `record_by_hand` sees that this job is running.
    with writing() as session:
        if not service.is_refund_to_make(session, refund.id, refund.order):
            return False
    try:
        outcome = _carry_out(settings, refund)
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


def _carry_out(settings: Settings, refund: RefundToMake) -> str:
    provider = known_provider(settings, refund.provider)
    outcome = ask_provider(refund.provider, lambda: provider.refund(refund.due))
    if outcome not in REFUND_OUTCOMES:
        raise ProviderUnavailableError
    return outcome
