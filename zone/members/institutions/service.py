"""Add and change institutions and study regions. Never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.versions import refuse_stale
from zone.members.institutions import queries
from zone.members.institutions.errors import STUDY_REGION_UNKNOWN
from zone.members.institutions.models import Institution, StudyRegion


def ensure_institution(
    session: Session,
    *,
    code: str,
    name: str,
    admits_students: bool,
    admits_staff: bool,
    study_region: str | None = None,
) -> Institution:
    """Add an institution unless there is one with that code: what a manager has set stays."""
    institution = queries.institution_by_code(session, code)
    if institution is None:
        institution = Institution(
            code=code,
            name=name,
            admits_students=admits_students,
            admits_staff=admits_staff,
            study_region=study_region,
        )
        session.add(institution)
        session.flush()
    return institution


def ensure_region(session: Session, *, code: str, fi: str, sv: str, en: str) -> None:
    """Add a study region unless there is one with that code."""
    if queries.region_by_code(session, code) is None:
        session.add(StudyRegion(code=code, name_fi=fi, name_sv=sv, name_en=en))
        session.flush()


def check_region(session: Session, code: str | None) -> None:
    """Refuse a study region that there is not; None is no region.

    Raises:
        DomainError: study_region_unknown.
    """
    if code is not None and queries.region_by_code(session, code) is None:
        raise DomainError(STUDY_REGION_UNKNOWN)


def save_institution(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name: str,
    admits_students: bool,
    admits_staff: bool,
    study_region: str | None,
    version: int | None,
    now: datetime,
) -> Institution:
    """Add an institution, or change the one that was read as `version`, and audit it.

    Who is admitted no more keeps a pass already bought.

    Raises:
        DomainError: forbidden, study_region_unknown, institution_exists; edited_meanwhile: there
            is one with that code in another version.
    """
    actor.require(Permission.SERVICE_WRITE)
    check_region(session, study_region)
    values = {
        "name": name,
        "admits_students": admits_students,
        "admits_staff": admits_staff,
        "study_region": study_region,
    }
    query = select(Institution).where(Institution.code == code).with_for_update()
    stored = session.scalar(query)
    before = queries.institution_values(stored) if stored else None
    if stored and before == values:
        return stored
    if stored:
        refuse_stale(stored.version, version, values)
    institution = stored or Institution(code=code, version=0)
    for column, value in values.items():
        setattr(institution, column, value)
    institution.version += 1
    session.add(institution)
    session.flush()
    _audit(session, actor, "institution", code, now, before, values)
    return institution


def save_region(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name: Mapping[str, str],
    version: int | None,
    now: datetime,
) -> StudyRegion:
    """Add a study region, or rename the one that was read as `version`, and audit it.

    Raises:
        DomainError: forbidden, study_region_exists; edited_meanwhile: there is one with that code
            in another version.
    """
    actor.require(Permission.SERVICE_WRITE)
    stored = session.scalar(select(StudyRegion).where(StudyRegion.code == code).with_for_update())
    before = queries.names_of_region(stored) if stored else None
    if stored and before == name:
        return stored
    if stored:
        refuse_stale(stored.version, version, name)
    region = stored or StudyRegion(code=code, version=0)
    region.name_fi, region.name_sv, region.name_en = name["fi"], name["sv"], name["en"]
    region.version += 1
    session.add(region)
    session.flush()
    _audit(session, actor, "study_region", code, now, before, dict(name))
    return region


def _audit(
    session: Session,
    actor: Actor,
    kind: str,
    code: str,
    now: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=f"{kind}.change" if before else f"{kind}.create",
        object_kind=kind,
        object_id=code,
        before=before,
        after=after,
        now=now,
    )
