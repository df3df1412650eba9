"""Who works here: the read side of the page People and roles."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.members.models import Member, RoleGrant


@dataclass(frozen=True, slots=True)
class Staff:
    """A person with the service roles that they hold."""

    id: uuid.UUID
    name: str
    email: str
    roles: list[str]


def staff(session: Session) -> list[Staff]:
    """Everybody with a service role, by name; one statement."""
    rows = session.execute(
        select(Member.public_id, Member.name, Member.email, RoleGrant.role)
        .join(RoleGrant, RoleGrant.member_id == Member.id)
        .where(RoleGrant.revoked_at.is_(None))
        .order_by(Member.name, Member.id, RoleGrant.role)
    )
    found: dict[uuid.UUID, Staff] = {}
    for public_id, name, email, role in rows:
        found.setdefault(public_id, Staff(public_id, name, email, [])).roles.append(role)
    return list(found.values())
