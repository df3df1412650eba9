"""What staff do to other people's records; each leaves an audit row in the same transaction."""

import uuid
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.http.auth import Actor
from zone.members import queries, rules, service, sessions
from zone.members.errors import ROLE_ADMIN_ONLY
from zone.members.models import Affiliation, Member

VIEW: Final = "member.view"
"""The audit's word for that staff looked at a person."""


def find(session: Session, email: str, *, actor_id: int, now: datetime) -> Member:
    """The person with that address; that somebody looked is on record.

    Raises:
        DomainError: not_found.
    """
    member = queries.member_by_email(session, email)
    if member is None:
        raise DomainError(NOT_FOUND)
    _audit(session, VIEW, member, actor_id, now)
    return member


def record_affiliation(
    session: Session,
    member: uuid.UUID,
    *,
    institution: str,
    role: str,
    study_region: str | None,
    actor_id: int,
    now: datetime,
) -> Member:
    """Record where a person studies or works.

    Raises:
        DomainError: not_found, institution_unknown; affiliation_exists when the row is written.
    """
    person = queries.member_by_public_id(session, member)
    service.add_affiliation(session, person.id, institution_code=institution, role=role, study_region=study_region)
    after = {"institution": institution, "role": role, "study_region": study_region}
    _audit(session, "affiliation.record", person, actor_id, now, after=after)
    return person


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
    person = queries.member_by_public_id(session, member)
    owned = (Affiliation.public_id == affiliation) & (Affiliation.member_id == person.id)
    affiliation_id = session.scalar(select(Affiliation.id).where(owned))
    if affiliation_id is None:
        raise DomainError(NOT_FOUND)
    service.prove(
        session, affiliation_id, source=source, valid_from=valid_from, valid_until=valid_until, now=now,
        recorded_by=actor_id,
    )  # fmt: skip
    after = {"affiliation": affiliation, "source": source, "valid_from": valid_from, "valid_until": valid_until}
    _audit(session, "proof.record", person, actor_id, now, after=after)
    return person


def give_role(session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime) -> Member:
    """Give a person a service role; one that they hold already stays as it is.

    Raises:
        DomainError: not_found, role_unknown, role_admin_only.
    """
    _check_grant(actor, role)
    person = queries.member_by_public_id(session, member)
    if role in queries.service_roles(session, person.id):
        return person
    service.grant_role(session, person.id, role, now)
    _audit(session, "role.give", person, actor.id, now, after={"role": role}, reason=reason)
    return person


def take_role(session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime) -> Member:
    """Take a service role away and sign its holder out everywhere.

    Raises:
        DomainError: not_found: no such person, or they do not hold it; role_admin_only, last_admin.
    """
    _check_grant(actor, role)
    person = queries.member_by_public_id(session, member)
    service.revoke_role(session, person.id, role, now)
    sessions.end_all_sessions(session, person.id, now)
    _audit(session, "role.take", person, actor.id, now, before={"role": role}, reason=reason)
    return person


def _check_grant(actor: Actor, role: str) -> None:
    if not rules.may_grant(actor.roles, role):
        raise DomainError(ROLE_ADMIN_ONLY)


def _audit(
    session: Session,
    action: str,
    person: Member,
    actor_id: int,
    now: datetime,
    *,
    before: service.Facts = None,
    after: service.Facts = None,
    reason: str | None = None,
) -> None:
    service.audit(
        session, actor_id=actor_id, action=action, object_kind="member", object_id=person.public_id, before=before,
        after=after, reason=reason, now=now,
    )  # fmt: skip
