"""The change of an e-mail address that waits for its code."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.members.email_changes.models import EmailChange
from zone.members.sign_in.rules import CODE_LIFE


def newest_change(session: Session, member_id: int) -> EmailChange | None:
    """Return the newest change that a person asked for, or None."""
    query = select(EmailChange).where(EmailChange.member_id == member_id)
    return session.scalar(query.order_by(EmailChange.id.desc()).limit(1))


def waiting_address(session: Session, member_id: int, now: datetime) -> str | None:
    """Return the new address to which a person's code was sent; None: none waits for its code."""
    change = newest_change(session, member_id)
    waits = change is not None and change.used_at is None and change.created_at > now - CODE_LIFE
    return change.email if change is not None and waits else None
