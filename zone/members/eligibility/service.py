"""Record and withdraw proofs of affiliations. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility import rules
from zone.members.eligibility.errors import NO_PROOF, PROOF_DATES_REVERSED, PROOF_TOO_LONG
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.people.models import Member
from zone.members.people.service import audit_member, lock_member


def record_proof(
    session: Session,
    actor: Actor,
    member: uuid.UUID,
    *,
    affiliation: uuid.UUID,
    source: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> Member:
    """Record that staff saw the proof of an affiliation, and audit it.

    The same proof (source and both days) recorded again changes nothing.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself, proof_dates_reversed, proof_too_long.
    """
    actor.require(Permission.PEOPLE_WRITE)
    # The lock makes the check below safe: of two desks that see one card, the second finds the row.
    person = lock_member(session, member)
    actor.require_other(person.id)
    _check_length(valid_from, valid_until, helsinki_date(now))
    owned = (Affiliation.public_id == affiliation) & (Affiliation.member_id == person.id)
    affiliation_id = session.scalar(select(Affiliation.id).where(owned))
    if affiliation_id is None:
        raise DomainError(NOT_FOUND)
    existing = _valid_proofs(person.id, affiliation).where(
        EligibilityProof.source == source,
        EligibilityProof.valid_from == valid_from,
        EligibilityProof.valid_until == valid_until,
    )
    if session.scalar(existing) is not None:
        return person
    days = {"valid_from": valid_from, "valid_until": valid_until}
    add_proof(session, affiliation_id, source=source, **days, now=now, recorded_by=actor.id)
    after = {"affiliation": affiliation, "source": source, **days}
    audit_member(session, "proof.record", person, actor.id, now, after=after)
    return person


def withdraw_proofs(
    session: Session,
    actor: Actor,
    member: uuid.UUID,
    *,
    affiliation: uuid.UUID,
    reason: str,
    now: datetime,
) -> Member:
    """Withdraw every proof of an affiliation that is not withdrawn yet, and audit it.

    Passes already sold stay as they are.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself; no_proof: there is none to withdraw.
    """
    actor.require(Permission.PEOPLE_WRITE)
    person = lock_member(session, member)
    actor.require_other(person.id)
    proofs = session.scalars(
        _valid_proofs(person.id, affiliation).order_by(EligibilityProof.id)
    ).all()
    if not proofs:
        raise DomainError(NO_PROOF)
    # All of them: one that was left would still prove the affiliation.
    for proof_id in proofs:
        add_withdrawal(session, proof_id, reason=reason, now=now, recorded_by=actor.id)
    audit_member(
        session,
        "proof.withdraw",
        person,
        actor.id,
        now,
        before={"affiliation": affiliation, "proofs": len(proofs)},
        after={"proofs": 0},
        reason=reason,
    )
    return person


def _check_length(valid_from: date, valid_until: date, today: date) -> None:
    latest = rules.latest_end(valid_from, today)
    if valid_until > latest:
        days = rules.LONGEST_PROOF.days
        raise DomainError(PROOF_TOO_LONG, params={"days": days, "latest": latest})


def add_proof(
    session: Session,
    affiliation_id: int,
    *,
    source: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
    recorded_by: int | None,
) -> EligibilityProof:
    """Add a proof of an affiliation without an audit row; `recorded_by` None is the service itself.

    `source` is what was seen: term sticker, certificate, register. Both days are included.

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


def add_withdrawal(
    session: Session, proof_id: int, *, reason: str, now: datetime, recorded_by: int | None
) -> None:
    """Add the withdrawal of a proof; the proof's own row stays.

    Raises:
        DomainError: proof_already_withdrawn, when the row is written.
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


def _valid_proofs(member_id: int, affiliation: uuid.UUID) -> Select[int]:
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
