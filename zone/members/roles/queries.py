"""The roles of a person, and the staff with their roles."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from zone.core.identity import PERMISSIONS_OF, SERVICE_ROLES, Permission, Role
from zone.core.time import helsinki_date
from zone.members.eligibility import queries as eligibility_queries
from zone.members.people.models import Member
from zone.members.roles.models import RoleGrant


def service_roles(session: Session, member_id: int) -> frozenset[str]:
    """Return the service roles that a person holds now."""
    live = RoleGrant.revoked_at.is_(None)
    return frozenset(
        session.scalars(select(RoleGrant.role).where(RoleGrant.member_id == member_id, live))
    )


def people_with_role(session: Session, *, most: int) -> list[Row[str, str, str | None]]:
    """Return name, address and one service role of the first people, for the demo's sign-in."""
    role = select(func.min(RoleGrant.role)).where(
        RoleGrant.member_id == Member.id, RoleGrant.revoked_at.is_(None)
    )
    chosen = select(Member.name, Member.email, role.scalar_subquery().label("role"))
    return list(session.execute(chosen.order_by(Member.id).limit(most)))


def roles_of(session: Session, member_id: int, now: datetime) -> frozenset[str]:
    """Return a person's roles: student or staff by proof, and service roles by grant."""
    # Student and staff are derived at each request: they end with the proof's last day in Helsinki,
    # without a job.
    proven = {
        eligible_as.role
        for eligible_as in eligibility_queries.eligibility(session, member_id, helsinki_date(now))
    }
    return service_roles(session, member_id) | proven


def holders_of(session: Session, permission: Permission) -> Sequence[Member]:
    """Return the staff with a service role that holds a permission, by id."""
    # Every role holds at every campus so far, see `Actor.may`.
    roles = [role for role in SERVICE_ROLES if permission in PERMISSIONS_OF[role]]
    granted = select(RoleGrant.member_id).where(
        RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None)
    )
    return session.scalars(select(Member).where(Member.id.in_(granted)).order_by(Member.id)).all()


def other_admins(session: Session, member_id: int) -> Sequence[Member]:
    """Return the administrators besides a person, by id."""
    admins = select(RoleGrant.member_id).where(
        RoleGrant.role == Role.ADMIN, RoleGrant.revoked_at.is_(None)
    )
    others = select(Member).where(Member.id.in_(admins), Member.id != member_id)
    return session.scalars(others.order_by(Member.id)).all()


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person with the service roles that they hold."""

    id: uuid.UUID
    name: str
    email: str
    roles: list[str]


def staff(session: Session) -> list[StaffMember]:
    """Return everybody with a service role by name, in one statement."""
    rows = session.execute(
        select(Member.public_id, Member.name, Member.email, RoleGrant.role)
        .join(RoleGrant, RoleGrant.member_id == Member.id)
        .where(RoleGrant.revoked_at.is_(None))
        .order_by(Member.name, Member.id, RoleGrant.role)
    )
    by_id: dict[uuid.UUID, StaffMember] = {}
    for public_id, name, email, role in rows:
        by_id.setdefault(public_id, StaffMember(public_id, name, email, [])).roles.append(role)
    return list(by_id.values())
