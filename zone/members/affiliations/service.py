"""Record where people study or work. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.members.affiliations.errors import AFFILIATION_ROLE_UNKNOWN, INSTITUTION_UNKNOWN
from zone.members.affiliations.models import Affiliation
from zone.members.institutions.models import Institution
from zone.members.institutions.queries import institution_by_code
from zone.members.institutions.service import check_region
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.service import audit_member


def add_affiliation(
    session: Session, member_id: int, *, institution_code: str, role: str, study_region: str | None
) -> Affiliation:
    """Add an affiliation as the person states it; it gives no right until it is proven.

    Raises:
        DomainError: institution_unknown, affiliation_role_unknown, study_region_unknown;
            affiliation_exists, when the row is written.
    """
    institution = institution_by_code(session, institution_code)
    if institution is None:
        raise DomainError(INSTITUTION_UNKNOWN)
    if role not in {"student", "staff"}:
        raise DomainError(AFFILIATION_ROLE_UNKNOWN)
    check_region(session, study_region or None)
    affiliation = Affiliation(
        public_id=new_public_id(),
        member_id=member_id,
        institution_id=institution.id,
        role=role,
        study_region=study_region or None,
    )
    session.add(affiliation)
    session.flush()
    return affiliation


def add_affiliation_once(
    session: Session, member_id: int, *, institution_code: str, role: str, study_region: str | None
) -> None:
    """Add an affiliation as the person states it, unless they have the same institution and role.

    Raises:
        DomainError: as `add_affiliation`.
    """
    existing = (
        select(Affiliation.id)
        .join(Institution, Institution.id == Affiliation.institution_id)
        .where(
            Affiliation.member_id == member_id,
            Affiliation.role == role,
            Institution.code == institution_code,
        )
    )
    if session.scalar(existing) is None:
        add_affiliation(
            session,
            member_id,
            institution_code=institution_code,
            role=role,
            study_region=study_region,
        )


def record_affiliation(
    session: Session,
    actor: Actor,
    member: uuid.UUID,
    *,
    institution: str,
    role: str,
    study_region: str | None,
    now: datetime,
) -> Member:
    """Add an affiliation of a person for staff, and audit it.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself, institution_unknown,
            study_region_unknown; affiliation_exists, when the row is written.
    """
    actor.require(Permission.PEOPLE_WRITE)
    person = people_queries.member_by_public_id(session, member)
    actor.require_other(person.id)
    add_affiliation(
        session, person.id, institution_code=institution, role=role, study_region=study_region
    )
    after = {"institution": institution, "role": role, "study_region": study_region}
    audit_member(session, "affiliation.record", person, actor.id, now, after=after)
    return person
