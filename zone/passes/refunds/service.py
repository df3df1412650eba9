"""Refund an order by line: the money, the credit note, the passes, the mail. Never commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.members.people.service import lock_members
from zone.members.roster_marks.service import mark_roster
from zone.passes.credit_notes.rules import LineAmount
from zone.passes.credit_notes.service import issue_credit_note
from zone.passes.orders.models import Order
from zone.passes.pass_changes.service import restore_upgraded
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes.service import passes_of_lines, record_event
from zone.passes.payments.errors import ALREADY_REFUNDED, NOT_PAID, NOTHING_TO_REFUND
from zone.passes.payments.models import Refund, RefundLine
from zone.passes.payments.rules import NOT_RECEIVED, way_back
from zone.passes.payments.service import add_refund, lock_order, record_refund
from zone.passes.quotas import service as quotas
from zone.passes.receipts.models import Receipt
from zone.passes.receipts.service import sale_of, send_refund
from zone.passes.refund_requests.errors import SECOND_PERSON_NEEDED
from zone.passes.refund_requests.queries import given_back_alone
from zone.passes.refund_requests.rules import needs_second_person
from zone.passes.refunds.queries import (
    ended_lines,
    granted_payment,
    has_credit_note,
    is_upgraded,
    lines_left,
)
from zone.passes.refunds.rules import (
    LineLeft,
    LineRefund,
    all_of,
    checked,
    given_back_by,
    lines_of_sum,
)
from zone.passes.tills import service as tills
from zone.passes.upgrades.errors import PASS_UPGRADED
from zone.passes.vouchers import service as vouchers
from zone.passes.withdrawals.queries import withdrawn_at


def refund_in_full(
    session: Session, actor: Actor, order_id: int, *, reason: str, now: datetime
) -> Refund:
    """Refund all that is left of an order, as `refund_lines`."""
    return refund_lines(session, actor, order_id, None, reason=reason, now=now)


def refund_lines(
    session: Session,
    actor: Actor,
    order_id: int,
    chosen: Sequence[LineRefund] | None,
    *,
    reason: str,
    now: datetime,
    method: str | None = None,
    requested_by: int | None = None,
) -> Refund:
    """Refund lines of an order in whole or in part, and audit it; None: all that is left.

    The pass of a line of which nothing is left ends at once, with what replaced it; that of
    another one as chosen. The refund has a credit note. The money goes back to the payment that
    the refund names; `method` is how the desk gives back what was paid at the counter.
    `requested_by`: another person has asked for it, so that the limit does not hold.

    Raises:
        DomainError: forbidden, not_for_yourself, not_paid, already_refunded, nothing_to_refund,
            credit_too_high, method_unknown; till_closed: cash of a till that is not open;
            till_short: more than it holds;
            pass_upgraded: by another order; second_person_needed: it is above the limit.
    """
    actor.require(Permission.ORDERS_REFUND)
    # Two refunds of one order wait for each other here; the second sees what the first has left.
    lock_order(session, order_id)
    order = session.get_one(Order, order_id)
    asked, needs_second = what_is_refunded(session, actor, order_id, chosen, now)
    if needs_second and requested_by in (None, actor.id):
        raise DomainError(SECOND_PERSON_NEEDED)
    sale, lines = refundable(session, order_id)
    way = given_back_by(granted_payment(session, order_id).provider, method)
    refund = Refund(method=way, reason=reason, recorded_by=actor.id)
    receipt = give(session, order, sale, lines, asked, refund, now)
    record_action(
        session,
        actor_id=actor.id,
        action="order.refund",
        object_kind="order",
        object_id=order.public_id,
        after={"refund": receipt.cents, "receipt": receipt.printed_number},
        reason=reason,
        now=now,
    )
    return refund


def what_is_refunded(
    session: Session,
    actor: Actor,
    order_id: int,
    chosen: Sequence[LineRefund] | None,
    now: datetime,
) -> tuple[list[LineRefund], bool]:
    """Return what a refund gives back of each line, and whether it needs a second person.

    Raises:
        DomainError: not_for_yourself, not_paid, already_refunded, nothing_to_refund,
            credit_too_high, pass_upgraded.
    """
    actor.require_other(session.get_one(Order, order_id).member_id)
    _, lines = refundable(session, order_id)
    asked = all_of(lines) if chosen is None else checked(chosen, lines)
    ids = {line.number: line.order_line_id for line in lines}
    _refuse_upgraded(session, [ids[one.number] for one in asked if one.ends_pass], now)
    limit = pass_rules(session, helsinki_date(now)).refund_alone_cents
    cents = sum(one.cents for one in asked)
    return asked, needs_second_person(cents, given_back_alone(session, order_id), limit)


def cancel_sale(
    session: Session, actor: Actor, order_id: int, *, reason: str, now: datetime
) -> Receipt:
    """Take back all that is left of a sale for which no money came; return the credit note.

    Its passes end, and no money goes back. The limit of refunds is about money, so it does not
    hold.

    Raises:
        DomainError: forbidden, not_for_yourself, not_paid, already_refunded, pass_upgraded.
    """
    actor.require(Permission.ORDERS_REFUND)
    lock_order(session, order_id)
    order = session.get_one(Order, order_id)
    actor.require_other(order.member_id)
    sale, lines = refundable(session, order_id)
    refund = Refund(method=NOT_RECEIVED, reason=reason, recorded_by=actor.id)
    return give(session, order, sale, lines, all_of(lines), refund, now)


def record_made(
    session: Session, actor: Actor, order_id: int, cents: int, *, reason: str, now: datetime
) -> Receipt:
    """Record a refund that the provider has made already; return the credit note.

    The limit of refunds is about money that is still to go back, so it does not hold.

    Raises:
        DomainError: forbidden, not_for_yourself, not_paid, already_refunded, pass_upgraded;
            nothing_to_refund: the sum is not that of the lines that are left.
    """
    actor.require(Permission.ORDERS_REFUND)
    lock_order(session, order_id)
    order = session.get_one(Order, order_id)
    actor.require_other(order.member_id)
    sale, lines = refundable(session, order_id)
    chosen = lines_of_sum(lines, cents)
    if chosen is None:
        raise DomainError(NOTHING_TO_REFUND)
    refund = Refund(reason=reason, recorded_by=actor.id)
    receipt = give(session, order, sale, lines, chosen, refund, now)
    # In the same transaction: no job asks the provider to give it back once more.
    record_refund(session, refund.id, "done", now)
    return receipt


def refundable(session: Session, order_id: int) -> tuple[Receipt, list[LineLeft]]:
    """Return the sale of an order, and its lines with what is left.

    Raises:
        DomainError: not_paid, already_refunded.
    """
    sale = sale_of(session, order_id)
    if sale is None:
        raise DomainError(NOT_PAID)
    lines = lines_left(session, sale)
    if withdrawn_at(session, order_id) or _is_all_refunded(session, sale, lines):
        raise DomainError(ALREADY_REFUNDED)
    return sale, lines


def _is_all_refunded(session: Session, sale: Receipt, lines: Sequence[LineLeft]) -> bool:
    if sale.cents:
        return not any(line.left for line in lines)
    return has_credit_note(session, sale.id)


def give(
    session: Session,
    order: Order,
    sale: Receipt,
    lines: Sequence[LineLeft],
    chosen: Sequence[LineRefund],
    refund: Refund,
    now: datetime,
) -> Receipt:
    """Refund lines of a locked order, as they were checked, and return the credit note.

    `refund` has the reason, who asked for it, and the way back if no provider makes it.

    Raises:
        DomainError: pass_upgraded: by another order, which has to be refunded first.
    """
    # The holder before till and pass, as who sells and who uses a pass: in another order the two
    # would deadlock.
    lock_members(session, [order.member_id])
    payment = granted_payment(session, order.id)
    refund.payment_id, refund.cents = payment.id, sum(one.cents for one in chosen)
    refund.occurred_at = refund.recorded_at = now
    add_refund(session, refund, paid_cents=payment.cents)
    if (
        refund.recorded_by != order.member_id
    ):  # who withdraws is not at the counter: cash comes later
        tills.record_refund(session, payment, refund, now)
    known = {line.number: line for line in lines}
    ids = {one.number: known[one.number].order_line_id for one in chosen}
    ending = [ids[one.number] for one in chosen if one.ends_pass]
    newly_ending = sorted(set(ending) - ended_lines(session, ending))
    session.add_all(
        RefundLine(
            refund_id=refund.id,
            order_line_id=ids[one.number],
            cents=one.cents,
            ends_pass=one.ends_pass,
        )
        for one in chosen
    )
    session.flush()
    by = f"member {refund.recorded_by}"
    ended = _end_passes(session, newly_ending, now, by)
    whole = sum(line.left for line in lines) == refund.cents
    # Of what was withdrawn from nothing is left for the code either.
    if whole or (all(one.ends_pass for one in chosen) and len(chosen) == len(lines)):
        vouchers.free_use(session, order.id, now)
    mark_roster(session, [order.member_id], now)
    # Last, because others wait for the number. The VAT is that of the lines of the sale.
    amounts = [LineAmount(known[one.number].receipt_line_id, one.cents) for one in chosen]
    receipt = issue_credit_note(session, sale, amounts, now)
    way = way_back(refund.method or payment.provider)
    send_refund(session, receipt, way, now, whole=whole, has_pass=ended)
    return receipt


def _refuse_upgraded(session: Session, line_ids: Sequence[int], now: datetime) -> None:
    """Refuse to end passes that were upgraded since: what was paid for the upgrade would be lost.

    Raises:
        DomainError: pass_upgraded.
    """
    if is_upgraded(session, line_ids, helsinki_date(now)):
        raise DomainError(PASS_UPGRADED)


def _end_passes(session: Session, line_ids: Sequence[int], now: datetime, by: str) -> bool:
    """End the passes of lines and what replaced them; return whether there was one."""
    # Also what replaced them: otherwise a replacement would outlive the money.
    ending = passes_of_lines(session, line_ids)
    # Under their lock: an upgrade that is just being paid is seen here, or sees the refund.
    _refuse_upgraded(session, line_ids, now)
    ended = [
        record_event(session, pass_id, "refunded", occurred_at=now, recorded_at=now, by=by)
        for pass_id in ending
    ]
    restore_upgraded(session, line_ids, now, by=by)
    quotas.free_places_of(session, line_ids, now)
    return any(ended)
