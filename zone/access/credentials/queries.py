"""The live keys of a member, and when a lost phone was last replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.credentials.models import Credential, PhoneReplacement
from zone.access.credentials.rules import phone_name
from zone.access.entries.models import UsedCode


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone that holds the pass, as its person knows it.

    `used_at` is when it last opened a door, None where no door is known.
    """

    kid: str
    name: str
    since: datetime
    used_at: datetime | None


def phones(session: Session, member_id: int) -> list[PhoneView]:
    """Return a member's phones, the newest first."""
    keys = live_keys(session, member_id)
    rows = session.execute(
        select(UsedCode.kid, func.max(UsedCode.occurred_at))
        .where(UsedCode.kid.in_([key.kid for key in keys]))
        .group_by(UsedCode.kid)
    )
    used = {row[0]: row[1] for row in rows}
    return [
        PhoneView(key.kid.hex(), phone_name(key.label), key.created_at, used.get(key.kid))
        for key in reversed(keys)
    ]


def live_keys(session: Session, member_id: int) -> Sequence[Credential]:
    """Return a member's keys that are not revoked, the oldest first."""
    query = select(Credential).where(
        Credential.member_id == member_id, Credential.revoked_at.is_(None)
    )
    return session.scalars(query.order_by(Credential.created_at, Credential.id)).all()


def replacements(session: Session, member_id: int) -> int:
    """Return how many lost phones of a member the desk has replaced."""
    counted = select(func.count()).where(PhoneReplacement.member_id == member_id)
    return session.scalar(counted) or 0


def replaced_at(session: Session, member_id: int) -> datetime | None:
    """Return when the desk last replaced a lost phone of this member."""
    replaced = select(func.max(PhoneReplacement.occurred_at)).where(
        PhoneReplacement.member_id == member_id
    )
    return session.scalar(replaced)
