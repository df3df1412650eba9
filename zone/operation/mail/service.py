"""Send a mail again, audited. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail_service
from zone.core.mail.models import OutboxMail
from zone.operation.mail.errors import MAIL_GONE


def send_again(session: Session, actor: Actor, mail_id: uuid.UUID, now: datetime) -> OutboxMail:
    """Make a mail due now, so that the next delivery sends it.

    Raises:
        DomainError: forbidden, not_found; mail_gone: it was sent, or its text is erased.
    """
    actor.require(Permission.MAIL_RESEND)
    before = session.scalar(select(OutboxMail.state).where(OutboxMail.public_id == mail_id))
    if before is None:
        raise DomainError(NOT_FOUND)
    mail = mail_service.send_again(session, mail_id, now)
    if mail is None:
        raise DomainError(MAIL_GONE)
    record_action(
        session,
        actor_id=actor.id,
        action="mail.resend",
        object_kind="mail",
        object_id=mail_id,
        before={"state": before},
        after={"state": "waiting"},
        now=now,
    )
    return mail
