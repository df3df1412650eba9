"""Refund within the limit, or let a second person decide. Never commits."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.formats import format_cents
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.mail import service as mail
from zone.members.people.queries import member_by_id
from zone.passes.orders.models import Order
from zone.passes.payments.models import Refund
from zone.passes.payments.service import lock_order
from zone.passes.refund_requests.errors import REFUND_WAITS, REQUEST_CLOSED, SAME_PERSON
from zone.passes.refund_requests.models import RefundDecision, RefundRequest
from zone.passes.refund_requests.queries import is_open, open_request
from zone.passes.refund_requests.rules import WAITS
from zone.passes.refunds import service as refunds
from zone.passes.refunds.queries import granted_payment
from zone.passes.refunds.rules import LineRefund, given_back_by


def refund_or_ask(
    session: Session,
    actor: Actor,
    order_id: int,
    chosen: Sequence[LineRefund] | None,
    *,
    reason: str,
    now: datetime,
    method: str | None = None,
) -> Refund | RefundRequest:
    """Refund lines of an order as `refund_lines`; above the limit, ask for a second person.

    Raises:
        DomainError: as `refund_lines`; refund_waits: another refund of the order waits already.
    """
    actor.require(Permission.ORDERS_REFUND)
    lock_order(session, order_id)
    if open_request(session, order_id, now):
        raise DomainError(REFUND_WAITS)
    asked, needs_second = refunds.what_is_refunded(session, actor, order_id, chosen, now)
    if not needs_second:
        return refunds.refund_lines(
            session, actor, order_id, chosen, reason=reason, method=method, now=now
        )
    # Now, while the person who chose it can choose another way.
    method = given_back_by(granted_payment(session, order_id).provider, method)
    return _ask(session, actor, order_id, asked, reason, method, now)


def _ask(
    session: Session,
    actor: Actor,
    order_id: int,
    asked: Sequence[LineRefund],
    reason: str,
    method: str | None,
    now: datetime,
) -> RefundRequest:
    request = RefundRequest(
        public_id=new_public_id(),
        order_id=order_id,
        lines=[asdict(one) for one in asked],
        cents=sum(one.cents for one in asked),
        method=method,
        reason=reason,
        requested_by=actor.id,
        requested_at=now,
        expires_at=now + WAITS,
    )
    session.add(request)
    session.flush()
    _record(session, actor, request, "refund_request.ask", reason, now)
    return request


def confirm(session: Session, actor: Actor, request: RefundRequest, now: datetime) -> Refund:
    """Make a refund that another person has asked for; its buyer gets the mail of a refund.

    Raises:
        DomainError: forbidden, request_closed, same_person; as `refund_lines`, such as
            credit_too_high where a part was given back meanwhile.
    """
    actor.require(Permission.ORDERS_REFUND)
    _check_waiting(session, request, now)
    if actor.id == request.requested_by:
        raise DomainError(SAME_PERSON)
    refund = refunds.refund_lines(
        session,
        actor,
        request.order_id,
        [LineRefund(**one) for one in request.lines],
        reason=request.reason,
        method=request.method,
        now=now,
        requested_by=request.requested_by,
    )
    _decide(session, request, "confirmed", now, decided_by=actor.id, refund_id=refund.id)
    _record(session, actor, request, "refund_request.confirm", request.reason, now)
    return refund


def decline(
    session: Session, actor: Actor, request: RefundRequest, *, note: str, now: datetime
) -> None:
    """Decline a refund that another person has asked for, or take back one's own request.

    Raises:
        DomainError: forbidden, request_closed.
    """
    actor.require(Permission.ORDERS_REFUND)
    _check_waiting(session, request, now)
    own = actor.id == request.requested_by
    outcome = "retracted" if own else "declined"
    _decide(session, request, outcome, now, decided_by=actor.id, note=note)
    _record(session, actor, request, f"refund_request.{'retract' if own else 'decline'}", note, now)
    if not own:
        _tell(session, request, "passes/refund_declined", {"note": note}, now)


def expire(session: Session, request_id: int, now: datetime) -> bool:
    """Record that nobody has confirmed a request in time, and tell who has asked.

    Return whether it is new.
    """
    request = session.get_one(RefundRequest, request_id)
    lock_order(session, request.order_id)
    if now < request.expires_at or not is_open(session, request.id):
        return False
    _decide(session, request, "expired", now)
    _tell(session, request, "passes/refund_expired", {}, now)
    return True


def _check_waiting(session: Session, request: RefundRequest, now: datetime) -> None:
    # Two who decide at once wait for each other here; the second sees the decision of the first.
    lock_order(session, request.order_id)
    if now >= request.expires_at or not is_open(session, request.id):
        raise DomainError(REQUEST_CLOSED)


def _decide(
    session: Session,
    request: RefundRequest,
    outcome: str,
    now: datetime,
    *,
    decided_by: int | None = None,
    note: str | None = None,
    refund_id: int | None = None,
) -> None:
    row = {
        "request_id": request.id,
        "requested_by": request.requested_by,
        "outcome": outcome,
        "decided_by": decided_by,
        "note": note,
        "refund_id": refund_id,
        "decided_at": now,
    }
    if not insert_new(session, RefundDecision, [row], RefundDecision.id):
        raise DomainError(REQUEST_CLOSED)


def _record(
    session: Session, actor: Actor, request: RefundRequest, action: str, why: str, now: datetime
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="order",
        object_id=session.get_one(Order, request.order_id).public_id,
        after={"refund": request.cents},
        reason=why,
        now=now,
    )


def _tell(
    session: Session, request: RefundRequest, template: str, more: dict[str, str], now: datetime
) -> None:
    """Mail who has asked for a refund that it is not made."""
    asked = member_by_id(session, request.requested_by)
    order = session.get_one(Order, request.order_id)
    mail.post(
        session,
        to=asked.email,
        template=template,
        language=asked.language,
        params={"total": format_cents(request.cents), "order": str(order.public_id), **more},
        now=now,
        dedupe=f"refund request {request.public_id}",
    )
