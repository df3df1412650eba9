"""The live keys of a member, and when a lost phone was last replaced."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.credentials.models import Credential, PhoneReplacement


def live_keys(session: Session, member_id: int) -> Sequence[Credential]:
    """Return a member's keys that are not revoked, the oldest first."""
    query = select(Credential).where(
        Credential.member_id == member_id, Credential.revoked_at.is_(None)
    )
    return session.scalars(query.order_by(Credential.created_at, Credential.id)).all()


def replaced_at(session: Session, member_id: int) -> datetime | None:
    """Return when the desk last replaced a lost phone of this member."""
    replaced = select(func.max(PhoneReplacement.occurred_at)).where(
        PhoneReplacement.member_id == member_id
    )
    return session.scalar(replaced)
