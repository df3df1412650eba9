"""What other rooms ask about people."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.text import normal_email
from zone.members import rules
from zone.members.models import (
    Affiliation,
    EligibilityProof,
    Institution,
    Member,
    ProofWithdrawal,
    RoleGrant,
)


@dataclass(frozen=True, slots=True)
class Eligible:
    """That a person may use the service as `role` of an institution, both days included."""

    institution_code: str
    role: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person says of themselves, and until when it is proven: None where it is not, or not any more."""

    public_id: uuid.UUID
    institution_code: str
    institution_name: str
    role: str
    study_region: str | None
    admitted: bool
    proven_until: date | None


def eligibility(session: Session, member_id: int, on: date) -> list[Eligible]:
    """As whom a person may use the service on a Helsinki day; the longest proof first. Empty: not at all."""
    return eligibility_of(session, [member_id], on)[member_id]


def eligibility_of(session: Session, member_ids: Collection[int], on: date) -> dict[int, list[Eligible]]:
    """The same for many people in one statement; every person asked for is a key."""
    found: dict[int, list[Eligible]] = {member_id: [] for member_id in member_ids}
    for row in session.execute(_PROVEN, {"members": list(found), "day": on}):
        if rules.admits(row, row.role, row.affiliation_region):
            found[row.member_id].append(Eligible(row.code, row.role, row.valid_from, row.valid_until))
    for proven in found.values():
        proven.sort(key=lambda one: one.valid_until, reverse=True)
    return found


_PROVEN: Final = (
    select(
        Affiliation.member_id,
        Institution.code,
        Institution.admits_students,
        Institution.admits_staff,
        Institution.study_region,
        Affiliation.role,
        Affiliation.study_region.label("affiliation_region"),
        EligibilityProof.valid_from,
        EligibilityProof.valid_until,
    )
    .select_from(EligibilityProof)
    .join(Affiliation, Affiliation.id == EligibilityProof.affiliation_id)
    .join(Institution, Institution.id == Affiliation.institution_id)
    .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
    .where(
        ProofWithdrawal.id.is_(None),
        EligibilityProof.valid_from <= bindparam("day"),
        EligibilityProof.valid_until >= bindparam("day"),
        Affiliation.member_id.in_(bindparam("members", expanding=True)),
    )
)
"""Built once: every request of a signed-in person asks it."""


def claims(session: Session, member_id: int, on: date) -> list[Claim]:
    """A person's affiliations with the state of their proof on a Helsinki day."""
    until = (
        select(func.max(EligibilityProof.valid_until))
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(EligibilityProof.affiliation_id == Affiliation.id, ProofWithdrawal.id.is_(None))
        .where(EligibilityProof.valid_from <= on, EligibilityProof.valid_until >= on)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Affiliation, Institution, until.label("until"))
        .join(Institution, Institution.id == Affiliation.institution_id)
        .where(Affiliation.member_id == member_id)
        .order_by(Affiliation.id)
    )
    return [_claim(*row) for row in rows]


def _claim(affiliation: Affiliation, institution: Institution, until: date | None) -> Claim:
    return Claim(
        affiliation.public_id,
        institution.code,
        institution.name,
        affiliation.role,
        affiliation.study_region,
        rules.admits(institution, affiliation.role, affiliation.study_region),
        until,
    )


def institutions(session: Session) -> list[Institution]:
    """Every institution of the alliance by name."""
    return list(session.scalars(select(Institution).order_by(Institution.name)))


def member_by_email(session: Session, email: str) -> Member | None:
    """The person with that address in any spelling, or None."""
    return session.scalar(select(Member).where(Member.email == normal_email(email)))


def member_by_public_id(session: Session, public_id: uuid.UUID) -> Member:
    """The person with that public id.

    Raises:
        DomainError: not_found.
    """
    member = session.scalar(select(Member).where(Member.public_id == public_id))
    if member is None:
        raise DomainError(NOT_FOUND)
    return member


def member_by_id(session: Session, member_id: int) -> Member:
    """The person with that internal id.

    Raises:
        DomainError: not_found.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise DomainError(NOT_FOUND)
    return member


def service_roles(session: Session, member_id: int) -> frozenset[str]:
    """The service roles that a person holds now."""
    live = RoleGrant.revoked_at.is_(None)
    return frozenset(session.scalars(select(RoleGrant.role).where(RoleGrant.member_id == member_id, live)))


def with_roles(session: Session, *, most: int) -> list[Row[str, str, str | None]]:
    """Name, address and one service role of the first people, for the demo's one-click sign-in."""
    role = select(func.min(RoleGrant.role)).where(RoleGrant.member_id == Member.id, RoleGrant.revoked_at.is_(None))
    chosen = select(Member.name, Member.email, role.scalar_subquery().label("role"))
    return list(session.execute(chosen.order_by(Member.id).limit(most)))
