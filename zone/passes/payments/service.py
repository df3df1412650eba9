"""Pay orders: create a payment, settle it, grant what was paid for, refund. Never commits.

Grants happen once however often a payment is reported: an order is locked while its payment is
granted or refunded, and unique keys refuse what a missing lock would let through.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.formats import format_cents
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id, new_secret
from zone.core.jobs.queries import running_since
from zone.core.mail import service as mail
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id
from zone.members.people.service import lock_members
from zone.passes.numbering.rules import DESK, WEB
from zone.passes.orders.errors import ORDER_EXPIRED, ORDER_OUTDATED
from zone.passes.orders.models import Order
from zone.passes.orders.rules import is_expired
from zone.passes.pass_changes.service import give_ordered
from zone.passes.payments import context
from zone.passes.payments.context import is_refunded, is_settled
from zone.passes.payments.errors import (
    ALREADY_REFUNDED,
    ORDER_REFUNDED,
    ORDER_SETTLED,
    PAYMENTS_CLOSED,
    REFUND_BEING_MADE,
    WRONG_AMOUNT,
)
from zone.passes.payments.models import (
    Payment,
    PaymentEvent,
    ProviderPayment,
    Refund,
    RefundedPayment,
    RefundEvent,
)
from zone.passes.payments.providers.protocol import CreatedPayment, PaymentNotice
from zone.passes.payments.queries import (
    is_refund_waiting,
    refund_by_staff,
    refund_to_give_by_hand,
    returned_payments,
)
from zone.passes.payments.rules import (
    FREE,
    MAKE_REFUNDS,
    METHODS,
    PAID_TWICE,
    SOLD_OUT_MEANWHILE,
    VOUCHER_GONE,
    WRONG_SUM,
    is_refund_asked,
    reason_text,
    way_back,
)
from zone.passes.quotas import service as quotas
from zone.passes.receipts.rules import Seller, check_seller
from zone.passes.receipts.service import (
    issue_return,
    issue_sale,
    send_credit,
    send_receipt,
)
from zone.passes.tills import service as tills
from zone.passes.vouchers import service as vouchers


def create_payment(
    session: Session, order: Order, provider: str | None, now: datetime, seller: Seller
) -> Payment:
    """Create a payment of an order, still unknown to its provider; `flows.start_payment` follows.

    An order may have several payments, after one was declined, cancelled or left. Where nothing is
    due the order is granted at once.

    Raises:
        DomainError: seller_missing, order_refunded, order_settled, order_expired, order_outdated,
            sold_out; payments_closed: no provider.
    """
    check_seller(seller)
    if is_refunded(session, order.id):
        raise DomainError(ORDER_REFUNDED)
    if is_settled(session, order.id):
        raise DomainError(ORDER_SETTLED)
    if is_expired(order.pay_until, now):
        raise DomainError(ORDER_EXPIRED)
    if context.reason_against_payment(session, order, now):
        raise DomainError(ORDER_OUTDATED)
    free = order.total_cents == 0  # a provider takes no payment of 0 cents: granted at once
    if provider is None and not free:
        raise DomainError(PAYMENTS_CLOSED)
    # Of an order that was left its place may have been freed.
    quotas.take_places(session, order.id, now)
    payment = Payment(
        order_id=order.id,
        provider=FREE if free else provider,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    if free:
        record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
        grant(session, payment, now, seller, paid_at=now)
    return payment


def record_created(
    session: Session, payment_id: int, created: CreatedPayment, now: datetime
) -> str:
    """Store how the provider knows a payment, and return the address to pay at.

    Of two answers about one payment the first stays, and its address is returned.
    """
    row = {
        "payment_id": payment_id,
        "reference": created.reference,
        "address": created.address,
        "recorded_at": now,
    }
    insert_new(session, ProviderPayment, [row], ProviderPayment.id)
    stored = select(ProviderPayment.address).where(ProviderPayment.payment_id == payment_id)
    return session.scalars(stored).one()


def settle(
    session: Session, provider: str, notice: PaymentNotice, now: datetime, seller: Seller
) -> Order:
    """Store a provider's notice of a payment, grant the order when it is paid, and return it.

    Notices may be repeated, late and in any order. What was paid with another sum than that of
    the order is given back.

    Raises:
        DomainError: not_found; wrong_amount: no money came, or in another currency.
    """
    payment = session.scalar(
        # Its own payments only: no notice settles one of the counter or of another provider.
        select(Payment).where(Payment.reference == notice.reference, Payment.provider == provider)
    )
    if payment is None:
        raise DomainError(NOT_FOUND)
    is_exact = (notice.cents, notice.currency) == (payment.cents, payment.currency)
    # A valid signature over another amount is a fault of the provider: grant nothing for it.
    if not is_exact and not _is_money_of(payment, notice):
        raise DomainError(WRONG_AMOUNT)
    order = session.get_one(Order, payment.order_id)
    at = min(notice.at, now)  # the provider's clock may be ahead of ours
    new = record_outcome(session, payment.id, notice.outcome, occurred_at=at, recorded_at=now)
    # A repeated notice is no error, and grants nothing.
    if new and notice.outcome == "paid":
        if is_exact:
            grant(session, payment, now, seller, paid_at=at)
        else:
            # Who has the pass must not read that none was given and that they have to order again.
            reason = PAID_TWICE if is_settled(session, order.id) else WRONG_SUM
            _give_back(session, payment, notice.cents, reason, now, seller)
    return order


def _is_money_of(payment: Payment, notice: PaymentNotice) -> bool:
    """Return whether a notice says that money came, which then has to go back."""
    came = notice.outcome == "paid" and notice.cents > 0
    return came and notice.currency == payment.currency


def grant(
    session: Session,
    payment: Payment,
    now: datetime,
    seller: Seller,
    *,
    paid_at: datetime,
    series: str | None = None,
) -> None:
    """Grant a paid order as it was ordered: its receipt, also by mail, and its passes.

    Where that is not possible any more the payment is given back, and the person told. `series` is
    the purpose of the series of its receipt; None: that of the web or of the desk.
    """
    # NO KEY UPDATE: two payments of one order wait for each other, and the second one finds the
    # receipt of the first.
    order = session.execute(
        select(Order).where(Order.id == payment.order_id).with_for_update(key_share=True)
    ).scalar_one()
    # Two orders of one person wait for each other here: the second one sees the pass of the first.
    lock_members(session, [order.member_id])
    if reason := reason_to_return(session, order, now):
        return _give_back(session, payment, payment.cents, reason, now, seller)
    if not quotas.keep_places(session, order.id, now):
        return _give_back(session, payment, payment.cents, SOLD_OUT_MEANWHILE, now, seller)
    if not vouchers.keep_use(session, order.id):
        quotas.free_places(session, order.id, now)
        return _give_back(session, payment, payment.cents, VOUCHER_GONE, now, seller)
    purpose = series or (DESK if payment.provider in METHODS else WEB)
    receipt = issue_sale(
        session, order, now, seller, paid_on=helsinki_date(paid_at), purpose=purpose
    )
    for ordered in context.ordered_passes(session, order, now):
        give_ordered(session, order.member_id, ordered, now)
    send_receipt(session, receipt, now)
    return None


def reason_to_return(session: Session, order: Order, now: datetime) -> str | None:
    """Return why the payment of an order has to be given back, one of `rules.RETURNED`."""
    if is_settled(session, order.id):
        return PAID_TWICE
    return context.reason_against_grant(session, order, now)


def _give_back(
    session: Session, payment: Payment, cents: int, reason: str, now: datetime, seller: Seller
) -> None:
    refund = add_refund(
        session,
        Refund(payment_id=payment.id, cents=cents, reason=reason, occurred_at=now, recorded_at=now),
        paid_cents=cents,
    )
    tills.record_refund(session, payment, refund, now)
    receipt = issue_return(session, payment.order_id, payment.id, cents, now, seller)
    send_credit(session, receipt, reason_text(reason), way_back(payment.provider), now)


def add_refund(session: Session, refund: Refund, *, paid_cents: int) -> Refund:
    """Store a refund of a payment of which so many cents were paid.

    Raises:
        DomainError: refund_too_high, by the database: more than was paid would go back.
    """
    # The row is locked by its UPDATE: two refunds of one payment wait for each other here.
    first = {"payment_id": refund.payment_id, "paid_cents": paid_cents, "refunded_cents": 0}
    insert_new(session, RefundedPayment, [first], RefundedPayment.payment_id)
    counted = (
        update(RefundedPayment)
        .where(RefundedPayment.payment_id == refund.payment_id)
        .values(refunded_cents=RefundedPayment.refunded_cents + refund.cents)
        .execution_options(synchronize_session=False)
    )
    session.execute(counted)
    refund.public_id = new_public_id()
    session.add(refund)
    session.flush()
    return refund


def record_outcome(
    session: Session, payment_id: int, outcome: str, *, occurred_at: datetime, recorded_at: datetime
) -> bool:
    """Append an outcome of a payment; return whether it is new, which is true for one caller."""
    row = {
        "payment_id": payment_id,
        "outcome": outcome,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
    }
    # ON CONFLICT DO NOTHING, RETURNING: of two simultaneous notices one inserts and grants.
    return bool(insert_new(session, PaymentEvent, [row], PaymentEvent.id))


def record_refund(session: Session, refund_id: int, outcome: str, now: datetime) -> bool:
    """Store what became of a refund; return whether it is new."""
    row = {"refund_id": refund_id, "outcome": outcome, "recorded_at": now}
    return bool(insert_new(session, RefundEvent, [row], RefundEvent.id))


def tell_refused(session: Session, refund_id: int, now: datetime) -> None:
    """Mail the buyer that their money comes back another way; an earlier mail named the card."""
    refund = session.get_one(Refund, refund_id)
    order = session.get_one(Order, session.get_one(Payment, refund.payment_id).order_id)
    buyer = member_by_id(session, order.member_id)
    mail.post(
        session,
        to=buyer.email,
        template="passes/refund_refused",
        language=buyer.language,
        params={"total": format_cents(refund.cents), "order": str(order.public_id)},
        now=now,
        dedupe=f"refund refused {refund.public_id}",
    )


def is_refund_to_make(session: Session, refund_id: int, order_id: int) -> bool:
    """Return whether a refund still waits for its provider; who gives it back by hand waits."""
    lock_order(session, order_id)
    return is_refund_waiting(session, refund_id)


def lock_order(session: Session, order_id: int) -> None:
    """Let others who give money of an order back wait until the transaction ends."""
    # NO KEY UPDATE: a payment that is given back holds the row of receipt numbers, which a refund
    # takes after this, while its receipt refers to the order.
    session.execute(select(Order.id).where(Order.id == order_id).with_for_update(key_share=True))


def record_by_hand(
    session: Session, actor: Actor, order: Order, *, reason: str, now: datetime
) -> None:
    """Record that staff gave back what the provider refused to or did not, or what the desk owed
    to who has withdrawn, and audit it.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found: nothing of the order was given back;
            already_refunded: such as by a colleague, who has just recorded it;
            refund_being_made: the provider may be doing it; till_closed: cash of a till that is
            not open; till_short: more than it holds.
    """
    actor.require(Permission.ORDERS_REFUND)
    actor.require_other(order.member_id)
    lock_order(session, order.id)
    refund_id = refund_to_give_by_hand(session, order.id, now)
    if refund_id is None:
        given_back = refund_by_staff(session, order.id) or returned_payments(session, order.id)
        raise DomainError(ALREADY_REFUNDED if given_back else NOT_FOUND)
    refund = session.get_one(Refund, refund_id)
    payment = session.get_one(Payment, refund.payment_id)
    if payment.provider not in METHODS and _is_being_made(session, refund, now):
        raise DomainError(REFUND_BEING_MADE)
    # Of two at once the unique key lets one record it, and the other must not pay it out as well.
    if not record_refund(session, refund_id, "by_hand", now):
        raise DomainError(ALREADY_REFUNDED)
    # Where a provider has not given it back, it is no money of a till.
    tills.record_refund(session, payment, refund, now)
    record_action(
        session,
        actor_id=actor.id,
        action="refund.by_hand",
        object_kind="order",
        object_id=order.public_id,
        reason=reason,
        now=now,
    )


def _is_being_made(session: Session, refund: Refund, now: datetime) -> bool:
    """Return whether a running job may be asking the provider for a refund."""
    if not is_refund_waiting(session, refund.id):  # what a provider has refused it is not asked
        return False
    recorded_at = refund.recorded_at
    runs = running_since(session, MAKE_REFUNDS, now)
    return any(is_refund_asked(recorded_at, run_at) for run_at in runs)
