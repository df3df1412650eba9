"""Record comparisons with providers, payments unknown here, and what staff did. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zone.core.audit.service import AuditValues, record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.formats import format_cents
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.mail import service as mail
from zone.members.people.queries import member_by_id
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.payments.service import lock_order
from zone.passes.provider_refunds.models import UnknownRefund
from zone.passes.reconciliation.errors import FIX_WAITS, NO_FIX
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    DifferenceFixEvent,
    DifferenceFixRequest,
    DifferenceNote,
    PaymentComparison,
    UnknownPayment,
)
from zone.passes.reconciliation.queries import (
    FixPlan,
    PaymentDifference,
    open_difference,
    open_ids,
    waiting_request,
)
from zone.passes.reconciliation.rules import CANCEL_SALE, RECORD_REFUND
from zone.passes.refund_requests.errors import SAME_PERSON
from zone.passes.refund_requests.rules import WAITS
from zone.passes.refunds import service as refunds


def record_comparison(
    session: Session, payment_id: int, result: str, cents: int | None, now: datetime
) -> bool:
    """Store how a payment compares with its provider; return whether it is new."""
    row = {
        "public_id": new_public_id(),
        "payment_id": payment_id,
        "result": result,
        "cents": cents,
        "recorded_at": now,
    }
    return bool(insert_new(session, PaymentComparison, [row], PaymentComparison.id))


def record_unknown(session: Session, provider: str, notice: PaymentNotice, now: datetime) -> bool:
    """Store a signed notice of a payment that is not here; return whether it is new."""
    row = {
        "public_id": new_public_id(),
        "provider": provider,
        "reference": notice.reference,
        "cents": notice.cents,
        "currency": notice.currency,
        "provider_reference": notice.provider_reference,
        "occurred_at": notice.at,
        "recorded_at": now,
    }
    return bool(insert_new(session, UnknownPayment, [row], UnknownPayment.id))


def fix_difference(
    session: Session,
    actor: Actor,
    difference: uuid.UUID,
    *,
    now: datetime,
    email: str | None = None,
) -> FixPlan:
    """Mend a difference as its plan says; above the limit of refunds, ask for a second person.

    Return the plan, which says which of both (`needs_second`). Who paid is told by mail when it is
    mended. `email`: of who paid what is unknown here, such as from the provider's own pages.

    Raises:
        DomainError: forbidden; not_found: none that is open; no_fix: only people can mend it;
            not_for_yourself, already_refunded; fix_waits: for a second person already.
    """
    found, plan, order = _to_mend(session, actor, difference, now)
    if waiting_request(session, difference, now):
        raise DomainError(FIX_WAITS)
    if plan.needs_second:
        _ask(session, actor, difference, plan, now)
    else:
        _mend(session, actor, found, plan, order, email, now)
    return plan


def confirm_fix(
    session: Session,
    actor: Actor,
    difference: uuid.UUID,
    *,
    now: datetime,
    email: str | None = None,
) -> FixPlan:
    """Mend a difference as another person has asked; return the plan.

    Raises:
        DomainError: not_found: nothing waits; same_person; or as `fix_difference`.
    """
    found, plan, order = _to_mend(session, actor, difference, now)
    request = waiting_request(session, difference, now)
    if request is None:
        raise DomainError(NOT_FOUND)
    if request.requested_by == actor.id:
        raise DomainError(SAME_PERSON)
    fix_id = _mend(session, actor, found, plan, order, email, now)
    _decide(session, actor, request, "confirmed", now, fix_id=fix_id)
    return plan


def decline_fix(
    session: Session, actor: Actor, difference: uuid.UUID, *, note: str, now: datetime
) -> None:
    """Decline what another person has asked for, who is told by mail, or take back one's own.

    Raises:
        DomainError: forbidden; not_found: nothing waits.
    """
    actor.require(Permission.DIFFERENCES_FIX)
    request = waiting_request(session, difference, now)
    if request is None:
        raise DomainError(NOT_FOUND)
    outcome = "retracted" if request.requested_by == actor.id else "declined"
    _decide(session, actor, request, outcome, now, note=note)
    action = (
        "payment_difference.retract" if outcome == "retracted" else "payment_difference.decline"
    )
    _record(session, actor, action, difference, {"given_back": request.cents_back}, now, note)
    if outcome == "declined":
        _tell_declined(session, request, note, now)


def _to_mend(
    session: Session, actor: Actor, difference: uuid.UUID, now: datetime
) -> tuple[PaymentDifference, FixPlan, Order | None]:
    actor.require(Permission.DIFFERENCES_FIX)
    found = open_difference(session, difference, now)
    order = None
    if found.order_id is not None:
        order = session.scalars(select(Order).where(Order.public_id == found.order_id)).one()
        actor.require_other(order.member_id)
        # A refund of the order counts towards the limit too: it waits here, or is seen.
        lock_order(session, order.id)
        found = open_difference(session, difference, now)
    if found.fix is None:
        raise DomainError(NO_FIX)
    return found, found.fix, order


def _ask(
    session: Session, actor: Actor, difference: uuid.UUID, plan: FixPlan, now: datetime
) -> None:
    asked = select(func.count()).where(DifferenceFixRequest.difference == difference)
    row = {
        "public_id": new_public_id(),
        "difference": difference,
        "number": session.scalars(asked).one() + 1,
        "cents_back": plan.cents_back,
        "requested_by": actor.id,
        "requested_at": now,
        "expires_at": now + WAITS,
    }
    if not insert_new(session, DifferenceFixRequest, [row], DifferenceFixRequest.id):
        raise DomainError(FIX_WAITS)  # a colleague was faster
    _record(
        session, actor, "payment_difference.ask", difference, {"given_back": plan.cents_back}, now
    )


def _mend(
    session: Session,
    actor: Actor,
    found: PaymentDifference,
    plan: FixPlan,
    order: Order | None,
    email: str | None,
    now: datetime,
) -> int:
    """Store the fix of a difference, audited, and tell who paid; return its id."""
    row = {
        "public_id": new_public_id(),
        "difference": found.id,
        # A refund that is recorded takes its sale back too, and no money moves.
        "action": CANCEL_SALE if plan.action == RECORD_REFUND else plan.action,
        "cents_back": plan.cents_back,
        "recorded_at": now,
        "recorded_by": actor.id,
    }
    ids = insert_new(session, DifferenceFix, [row], DifferenceFix.id)
    if not ids:
        raise DomainError(NOT_FOUND)  # a colleague was faster
    if order is not None and plan.action == CANCEL_SALE:
        refunds.cancel_sale(session, actor, order.id, reason=found.result, now=now)
    elif order is not None and plan.action == RECORD_REFUND:
        cents = plan.credited_cents
        refunds.record_made(session, actor, order.id, cents, reason=found.result, now=now)
    else:
        _tell(session, order, email, plan.cents_back, found.id, now)
    done = {
        "action": plan.action,
        "given_back": plan.cents_back,
        "credited": plan.credited_cents,
    }
    _record(session, actor, "payment_difference.fix", found.id, done, now)
    return int(ids[0].id)


def _decide(
    session: Session,
    actor: Actor,
    request: DifferenceFixRequest,
    outcome: str,
    now: datetime,
    *,
    note: str | None = None,
    fix_id: int | None = None,
) -> None:
    row = {
        "request_id": request.id,
        "requested_by": request.requested_by,
        "outcome": outcome,
        "decided_by": actor.id,
        "note": note,
        "fix_id": fix_id,
        "decided_at": now,
    }
    if not insert_new(session, DifferenceFixDecision, [row], DifferenceFixDecision.id):
        raise DomainError(NOT_FOUND)  # a colleague was faster


def _record(
    session: Session,
    actor: Actor,
    action: str,
    difference: uuid.UUID,
    after: AuditValues,
    now: datetime,
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="payment_difference",
        object_id=difference,
        after=after,
        reason=reason,
        now=now,
    )


def _tell(
    session: Session,
    order: Order | None,
    email: str | None,
    cents: int,
    difference: uuid.UUID,
    now: datetime,
) -> None:
    """Mail who has paid too much, or for nothing that is known here, that it goes back."""
    buyer = member_by_id(session, order.member_id) if order else None
    address = buyer.email if buyer else email
    if not address:
        return
    mail.post(
        session,
        to=address,
        template="passes/surplus" if order else "passes/unknown_payment",
        language=buyer.language if buyer else "fi",
        params={"total": format_cents(cents)} | ({"order": str(order.public_id)} if order else {}),
        now=now,
        dedupe=f"difference {difference}",
    )


def _tell_declined(
    session: Session, request: DifferenceFixRequest, note: str, now: datetime
) -> None:
    asked = member_by_id(session, request.requested_by)
    mail.post(
        session,
        to=asked.email,
        template="passes/fix_declined",
        language=asked.language,
        params={"total": format_cents(request.cents_back), "note": note},
        now=now,
        dedupe=f"fix request {request.public_id}",
    )


def record_return(session: Session, fix_id: int, outcome: str, now: datetime) -> bool:
    """Store what a provider made of the money to give back; return whether it is new."""
    row = {"fix_id": fix_id, "outcome": outcome, "recorded_at": now}
    return bool(insert_new(session, DifferenceFixEvent, [row], DifferenceFixEvent.id))


def note_difference(
    session: Session, actor: Actor, difference: uuid.UUID, *, note: str, now: datetime
) -> None:
    """Record what was done about a difference, which is then not shown any more.

    Raises:
        DomainError: forbidden; not_found: there is none that is open; not_for_yourself: it is of
            a payment of the actor's own.
    """
    actor.require(Permission.SERVICE_WRITE)
    found = open_ids().subquery()
    if session.scalar(select(found.c.id).where(found.c.id == difference)) is None:
        raise DomainError(NOT_FOUND)
    buyer = session.scalar(
        select(Order.member_id)
        .join(Payment, Payment.order_id == Order.id)
        .outerjoin(PaymentComparison, PaymentComparison.payment_id == Payment.id)
        .outerjoin(UnknownRefund, UnknownRefund.payment_id == Payment.id)
        .where(
            or_(
                PaymentComparison.public_id == difference,
                UnknownRefund.public_id == difference,
            )
        )
    )
    if buyer is not None:
        actor.require_other(buyer)
    row = {"difference": difference, "note": note, "recorded_at": now, "recorded_by": actor.id}
    if not insert_new(session, DifferenceNote, [row], DifferenceNote.id):
        raise DomainError(NOT_FOUND)  # a colleague was faster
    _record(session, actor, "payment_difference.note", difference, None, now, note)
