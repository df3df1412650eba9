"""Store and answer feedback on accessibility. Never commits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.formats import format_day, format_moment
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.core.service_profile.queries import service_profile
from zone.core.time import helsinki_date
from zone.feedback.accessibility.errors import FEEDBACK_ANSWERED
from zone.feedback.accessibility.models import AccessibilityFeedback
from zone.feedback.accessibility.rules import KEPT, due_on


def receive(
    session: Session,
    *,
    public_id: UUID,
    message: str,
    email: str,
    language: str,
    settings: Settings,
    now: datetime,
) -> None:
    """Store feedback under the id of its form, once, and mail the service's contact."""
    row = {
        "public_id": public_id,
        "message": message,
        "email": email,
        "language": language,
        "received_at": now,
        "due_on": due_on(now),
    }
    if not insert_new(session, AccessibilityFeedback, [row], AccessibilityFeedback.id):
        return
    contact = service_profile(session, settings).email
    if contact:
        # Without the text and the sender: both stand on the page, which ends with the retention.
        mail.post(
            session,
            to=contact,
            template="feedback/accessibility_received",
            language=language,
            params={
                "day": format_day(due_on(now), language),
            },
            now=now,
            dedupe=f"accessibility {public_id}",
        )


def answer(session: Session, actor: Actor, public_id: UUID, *, text: str, now: datetime) -> None:
    """Answer feedback, by mail where its sender left an address, and audit it.

    Raises:
        DomainError: forbidden, not_found, feedback_answered.
    """
    actor.require(Permission.SERVICE_WRITE)
    row = session.scalar(
        select(AccessibilityFeedback).where(AccessibilityFeedback.public_id == public_id)
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    if not _store_answer(session, row.id, actor.id, text, now):
        raise DomainError(FEEDBACK_ANSWERED)
    if row.email:
        mail.post(
            session,
            to=row.email,
            template="feedback/accessibility_answer",
            language=row.language,
            params={"day": format_moment(row.received_at, row.language), "answer": text},
            now=now,
        )
    record_action(
        session,
        actor_id=actor.id,
        action="accessibility_feedback.answer",
        object_kind="accessibility_feedback",
        object_id=public_id,
        now=now,
    )


def _store_answer(
    session: Session, feedback_id: int, actor_id: int, text: str, now: datetime
) -> bool:
    """Store the answer; False: there is one already, also since the row was read."""
    stored = session.scalar(
        update(AccessibilityFeedback)
        .where(AccessibilityFeedback.id == feedback_id, AccessibilityFeedback.answered_at.is_(None))
        .values(answered_at=now, answered_by=actor_id, answer=text)
        .returning(AccessibilityFeedback.id)
        .execution_options(synchronize_session=False)
    )
    return stored is not None


def delete_old(session: Session, now: datetime) -> int:
    """Delete feedback a year after its answer was given or due; return how much."""
    before = now - KEPT
    never = AccessibilityFeedback.answered_at.is_(None)
    deleted = session.scalars(
        delete(AccessibilityFeedback)
        .where(
            or_(
                AccessibilityFeedback.answered_at < before,
                never & (AccessibilityFeedback.due_on < helsinki_date(before)),
            )
        )
        .returning(AccessibilityFeedback.id)
    )
    return len(deleted.all())
