"""What other rooms ask about people."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Row, and_, bindparam, func, select
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
        if admitted(row):
            found[row.member_id].append(Eligible(row.code, row.affiliated_as, row.valid_from, row.valid_until))
    for proven in found.values():
        proven.sort(key=lambda one: one.valid_until, reverse=True)
    return found


def eligible_count(session: Session, on: date) -> int:
    """How many people may use the service on a Helsinki day."""
    rows = session.execute(_ALL_PROVEN, {"day": on})
    return len({row.member_id for row in rows if admitted(row)})


_affiliation, _institution = Affiliation.__table__, Institution.__table__
_proof, _withdrawal = EligibilityProof.__table__, ProofWithdrawal.__table__


def with_proofs(people: FromClause, member_id: ColumnElement[int]) -> FromClause:
    """Join each person with each affiliation and its proofs of `:day`; `admitted` says which of the rows count."""
    on_the_day = and_(
        _proof.c.affiliation_id == _affiliation.c.id,
        _proof.c.valid_from <= bindparam("day"),
        _proof.c.valid_until >= bindparam("day"),
    )
    return (
        people.outerjoin(_affiliation, _affiliation.c.member_id == member_id)
        .outerjoin(_institution, _institution.c.id == _affiliation.c.institution_id)
        .outerjoin(_proof, on_the_day)
        .outerjoin(_withdrawal, _withdrawal.c.proof_id == _proof.c.id)
    )


PROOF: Final = (
    _affiliation.c.role.label("affiliated_as"),
    _affiliation.c.study_region.label("studies_in"),
    _institution.c.admits_students,
    _institution.c.admits_staff,
    _institution.c.study_region,
    and_(_proof.c.id.is_not(None), _withdrawal.c.id.is_(None)).label("proven"),
)
"""What `admitted` needs to know of a row of `with_proofs`."""


def admitted(row: Any) -> bool:
    """Whether a row of `with_proofs` is a proof that holds, of a role that the institution's agreement admits."""
    return bool(row.proven) and rules.admits(row, row.affiliated_as, row.studies_in)


_member = Member.__table__.c
_ALL_PROVEN: Final = (
    select(_member.id.label("member_id"), _institution.c.code, _proof.c.valid_from, _proof.c.valid_until, *PROOF)
    .select_from(with_proofs(Member.__table__, _member.id))
    .where(_proof.c.id.is_not(None))
)
_PROVEN: Final = _ALL_PROVEN.where(_member.id.in_(bindparam("members", expanding=True)))


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
