"""Record and withdraw proofs of affiliations. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.audit import service as audit
from zone.core.errors import NOT_FOUND, DomainError
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility.errors import NO_PROOF, PROOF_DATES_REVERSED
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.service import audit_member, lock_member


def prove(
    session: Session,
    affiliation_id: int,
    *,
    source: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
    recorded_by: int | None,
) -> EligibilityProof:
    """Record that an affiliation was proven, how (`source`: term sticker, certificate, register), and until which day.

    Raises:
        DomainError: proof_dates_reversed.
    """
    if valid_until < valid_from:
        raise DomainError(PROOF_DATES_REVERSED)
    proof = EligibilityProof(
        affiliation_id=affiliation_id,
        source=source,
        valid_from=valid_from,
        valid_until=valid_until,
        occurred_at=now,
        recorded_at=now,
        recorded_by=recorded_by,
    )
    session.add(proof)
    session.flush()
    return proof


def withdraw_proof(
    session: Session, proof_id: int, *, reason: str, now: datetime, recorded_by: int | None
) -> None:
    """End a proof; what was recorded stays readable.

    Raises:
        DomainError: proof_already_withdrawn when the row is written.
    """
    session.add(
        ProofWithdrawal(
            proof_id=proof_id,
            reason=reason,
            occurred_at=now,
            recorded_at=now,
            recorded_by=recorded_by,
        )
    )
    session.flush()


def record_proof(
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
    """Record that staff saw the proof of an affiliation.

    Raises:
        DomainError: not_found, proof_dates_reversed.
    """
    person = people_queries.member_by_public_id(session, member)
    owned = (Affiliation.public_id == affiliation) & (Affiliation.member_id == person.id)
    affiliation_id = session.scalar(select(Affiliation.id).where(owned))
    if affiliation_id is None:
        raise DomainError(NOT_FOUND)
    prove(
        session,
        affiliation_id,
        source=source,
        valid_from=valid_from,
        valid_until=valid_until,
        now=now,
        recorded_by=actor_id,
    )
    after = {
        "affiliation": affiliation,
        "source": source,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    audit_member(session, "proof.record", person, actor_id, now, after=after)
    return person


def verify_affiliation(
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
    person = lock_member(session, member)
    same = EligibilityProof.source == source, EligibilityProof.valid_from == valid_from
    standing = _standing(person.id, affiliation).where(
        *same, EligibilityProof.valid_until == valid_until
    )
    if session.scalar(standing) is None:
        record_proof(
            session,
            member,
            affiliation=affiliation,
            source=source,
            valid_from=valid_from,
            valid_until=valid_until,
            actor_id=actor_id,
            now=now,
        )
    return person


def withdraw_proofs(
    session: Session,
    member: uuid.UUID,
    *,
    affiliation: uuid.UUID,
    reason: str,
    actor_id: int,
    now: datetime,
) -> Member:
    """Take back every proof of an affiliation that still holds. Passes already sold stay as they are.

    Raises:
        DomainError: not_found; no_proof: none holds (any more).
    """
    person = lock_member(session, member)
    standing = session.scalars(
        _standing(person.id, affiliation).order_by(EligibilityProof.id)
    ).all()
    if not standing:
        raise DomainError(NO_PROOF)
    for proof_id in standing:
        withdraw_proof(session, proof_id, reason=reason, now=now, recorded_by=actor_id)
    audit.record_action(
        session,
        actor_id=actor_id,
        action="proof.withdraw",
        object_kind="member",
        object_id=member,
        before={"affiliation": affiliation, "proofs": len(standing)},
        after={"proofs": 0},
        reason=reason,
        now=now,
    )
    return person


def _standing(member_id: int, affiliation: uuid.UUID) -> Select[int]:
    return (
        select(EligibilityProof.id)
        .join(Affiliation, Affiliation.id == EligibilityProof.affiliation_id)
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(
            Affiliation.member_id == member_id,
            Affiliation.public_id == affiliation,
            ProofWithdrawal.id.is_(None),
        )
    )
