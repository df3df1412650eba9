"""Record comparisons with providers, payments unknown here, and what staff did. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
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
from zone.passes.reconciliation.errors import NO_FIX
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixEvent,
    DifferenceNote,
    PaymentComparison,
    UnknownPayment,
)
from zone.passes.reconciliation.queries import FixPlan, open_difference, open_ids
from zone.passes.reconciliation.rules import CANCEL_SALE
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
    """Mend a difference as its plan says, audited; return the plan. Who paid is told by mail.

    `email`: of who paid what is unknown here, such as from the provider's own pages.

    Raises:
        DomainError: forbidden; not_found: none that is open; no_fix: only people can mend it;
            not_for_yourself, already_refunded.
    """
    actor.require(Permission.DIFFERENCES_FIX)
    found = open_difference(session, difference)
    plan = found.fix
    if plan is None:
        raise DomainError(NO_FIX)
    row = {
        "public_id": new_public_id(),
        "difference": difference,
        "action": plan.action,
        "cents_back": plan.cents_back,
        "recorded_at": now,
        "recorded_by": actor.id,
    }
    if not insert_new(session, DifferenceFix, [row], DifferenceFix.id):
        raise DomainError(NOT_FOUND)  # a colleague was faster
    order = None
    if found.order_id is not None:
        order = session.scalars(select(Order).where(Order.public_id == found.order_id)).one()
        actor.require_other(order.member_id)
    if order is not None and plan.action == CANCEL_SALE:
        refunds.cancel_sale(session, actor, order.id, reason=found.result, now=now)
    else:
        _tell(session, order, email, plan.cents_back, difference, now)
    record_action(
        session,
        actor_id=actor.id,
        action="payment_difference.fix",
        object_kind="payment_difference",
        object_id=difference,
        after={
            "action": plan.action,
            "given_back": plan.cents_back,
            "credited": plan.credited_cents,
        },
        now=now,
    )
    return plan


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
        .join(PaymentComparison, PaymentComparison.payment_id == Payment.id)
        .where(PaymentComparison.public_id == difference)
    )
    if buyer is not None:
        actor.require_other(buyer)
    row = {"difference": difference, "note": note, "recorded_at": now, "recorded_by": actor.id}
    if not insert_new(session, DifferenceNote, [row], DifferenceNote.id):
        raise DomainError(NOT_FOUND)  # a colleague was faster
    record_action(
        session,
        actor_id=actor.id,
        action="payment_difference.note",
        object_kind="payment_difference",
        object_id=difference,
        reason=note,
        now=now,
    )
