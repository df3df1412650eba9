"""The live keys of a person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.credentials.models import Credential, PhoneReplacement


def live_keys(session: Session, member_id: int) -> Sequence[Credential]:
    """A person's phones, the oldest first."""
    query = select(Credential).where(
        Credential.member_id == member_id, Credential.revoked_at.is_(None)
    )
    return session.scalars(query.order_by(Credential.created_at, Credential.id)).all()


def replaced_at(session: Session, member_id: int) -> datetime | None:
    """When the desk last took a lost phone away; the keys until then are not held against the person."""
    replaced = select(func.max(PhoneReplacement.occurred_at)).where(
        PhoneReplacement.member_id == member_id
    )
    return session.scalar(replaced)
