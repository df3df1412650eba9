"""Record comparisons with providers, payments unknown here, and what staff did. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.reconciliation.models import DifferenceNote, PaymentComparison, UnknownPayment
from zone.passes.reconciliation.queries import open_ids


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
        "occurred_at": notice.at,
        "recorded_at": now,
    }
    return bool(insert_new(session, UnknownPayment, [row], UnknownPayment.id))


def note_difference(
    session: Session, actor: Actor, difference: uuid.UUID, *, note: str, now: datetime
) -> None:
    """Record what was done about a difference, which is then not shown any more.

    Raises:
        DomainError: forbidden; not_found: there is none that is open.
    """
    actor.require(Permission.SERVICE_WRITE)
    found = open_ids().subquery()
    if session.scalar(select(found.c.id).where(found.c.id == difference)) is None:
        raise DomainError(NOT_FOUND)
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
