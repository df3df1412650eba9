"""Who works here, and what staff did: the read side of the pages People and roles, and Audit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.members.models import AuditRow, Member, RoleGrant

PAGE: Final = 50
"""Rows of the audit on one page."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person with the service roles that they hold."""

    id: uuid.UUID
    name: str
    email: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class Deed:
    """A row of the audit with the name of who acted; `actor` is None for the service itself. `id` is for paging."""

    id: int
    at: datetime
    actor: str | None
    action: str
    object_kind: str
    object_id: str
    before: str | None
    after: str | None
    reason: str | None


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


def deeds(session: Session, *, object_id: str | None = None, before: int | None = None) -> Sequence[Deed]:
    """A page of the audit, the newest first: of one object where asked, older than row `before`."""
    query = (
        select(AuditRow, Member.name, Member.email)
        .outerjoin(Member, Member.id == AuditRow.actor_id)
        .order_by(AuditRow.id.desc())
        .limit(PAGE)
    )
    if object_id is not None:
        query = query.where(AuditRow.object_id == object_id)
    if before is not None:
        query = query.where(AuditRow.id < before)
    return [_deed(row, name or email) for row, name, email in session.execute(query)]


def _deed(row: AuditRow, actor: str | None) -> Deed:
    return Deed(
        row.id, row.occurred_at, actor, row.action, row.object_kind, row.object_id, row.before, row.after, row.reason
    )
