"""Proofs of eligibility as the desk deals with them: seen, and taken back. Each leaves an audit row."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.members import by_staff, queries, service
from zone.members.errors import NO_PROOF
from zone.members.models import Affiliation, EligibilityProof, Institution, Member, ProofWithdrawal


@dataclass(frozen=True, slots=True)
class ProofView:
    """A proof that was recorded for an affiliation, by whom, and whether it was withdrawn."""

    affiliation: uuid.UUID
    institution: str
    role: str
    source: str
    valid_from: date
    valid_until: date
    recorded_at: datetime
    recorded_by: str | None
    withdrawn: bool


def proofs_of(session: Session, member_id: int) -> list[ProofView]:
    """Every proof of a person, the newest first."""
    recorder = Member.__table__.alias()
    rows = session.execute(
        select(
            Affiliation.public_id, Institution.name, Affiliation.role, EligibilityProof.source,
            EligibilityProof.valid_from, EligibilityProof.valid_until, EligibilityProof.recorded_at, recorder.c.name,
            ProofWithdrawal.id.is_not(None),
        )
        .join(Affiliation, Affiliation.id == EligibilityProof.affiliation_id)
        .join(Institution, Institution.id == Affiliation.institution_id)
        .outerjoin(recorder, recorder.c.id == EligibilityProof.recorded_by)
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(Affiliation.member_id == member_id)
        .order_by(EligibilityProof.id.desc())
    )  # fmt: skip
    return [ProofView(*row) for row in rows]


def verify(
    session: Session,
    member: uuid.UUID,
    *,
    affiliation: uuid.UUID,
    source: str,
    valid_from: date,
    valid_until: date,
    actor_id: int,
    now: datetime,
) -> Member:
    """Record that staff saw a proof. Two desks that saw the same one leave one proof, not two.

    Raises:
        DomainError: not_found, proof_dates_reversed.
    """
    person = locked(session, member)
    same = EligibilityProof.source == source, EligibilityProof.valid_from == valid_from
    standing = _standing(person.id, affiliation).where(*same, EligibilityProof.valid_until == valid_until)
    if session.scalar(standing) is None:
        by_staff.record_proof(
            session, member, affiliation=affiliation, source=source, valid_from=valid_from, valid_until=valid_until,
            actor_id=actor_id, now=now,
        )  # fmt: skip
    return person


def withdraw(
    session: Session, member: uuid.UUID, *, affiliation: uuid.UUID, reason: str, actor_id: int, now: datetime
) -> Member:
    """Take back every proof of an affiliation that still holds. Passes already sold stay as they are.

    Raises:
        DomainError: not_found; no_proof: none holds (any more).
    """
    person = locked(session, member)
    standing = session.scalars(_standing(person.id, affiliation).order_by(EligibilityProof.id)).all()
    if not standing:
        raise DomainError(NO_PROOF)
    for proof_id in standing:
        service.withdraw_proof(session, proof_id, reason=reason, now=now, recorded_by=actor_id)
    service.audit(
        session, actor_id=actor_id, action="proof.withdraw", object_kind="member", object_id=member,
        before={"affiliation": affiliation, "proofs": len(standing)}, after={"proofs": 0}, reason=reason, now=now,
    )  # fmt: skip
    return person


def _standing(member_id: int, affiliation: uuid.UUID) -> Select[int]:
    return (
        select(EligibilityProof.id)
        .join(Affiliation, Affiliation.id == EligibilityProof.affiliation_id)
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(Affiliation.member_id == member_id, Affiliation.public_id == affiliation, ProofWithdrawal.id.is_(None))
    )


def locked(session: Session, member: uuid.UUID) -> Member:
    """The person, held until the end of the transaction: of two who act on the same one, the second sees the first.

    Raises:
        DomainError: not_found.
    """
    found = queries.member_by_public_id(session, member)
    session.execute(select(Member.id).where(Member.id == found.id).with_for_update(key_share=True))
    return found
