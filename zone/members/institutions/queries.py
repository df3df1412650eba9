"""Institutions, study regions, and how many people of each institution are proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.members.affiliations.models import Affiliation
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.institutions.models import Institution, StudyRegion


@dataclass(frozen=True, slots=True)
class RegionView:
    """A study region, by its names in the three languages."""

    code: str
    name: Mapping[str, str]
    version: int


@dataclass(frozen=True, slots=True)
class InstitutionView:
    """An institution, whom it sends, and how many of its people have a proof that holds."""

    code: str
    name: str
    admits_students: bool
    admits_staff: bool
    study_region: str | None
    version: int
    proven_students: int = 0
    proven_staff: int = 0


def institution_by_code(session: Session, code: str) -> Institution | None:
    """Return the institution with that code, or None."""
    return session.scalar(select(Institution).where(Institution.code == code))


def institutions(session: Session) -> list[Institution]:
    """Return every institution of the alliance by name."""
    return list(session.scalars(select(Institution).order_by(Institution.name)))


def institutions_with_regions(
    session: Session,
) -> list[tuple[Institution, StudyRegion | None]]:
    """Return every institution by name with the region of its students; None: of every region."""
    rows = session.execute(
        select(Institution, StudyRegion)
        .outerjoin(StudyRegion, StudyRegion.code == Institution.study_region)
        .order_by(Institution.name)
    )
    return [(institution, region) for institution, region in rows]


def institution_values(row: Institution) -> dict[str, str | bool | None]:
    """Return what a manager may change of an institution."""
    return {
        "name": row.name,
        "admits_students": row.admits_students,
        "admits_staff": row.admits_staff,
        "study_region": row.study_region,
    }


def institution_views(session: Session, day: date) -> list[InstitutionView]:
    """Return every institution by name, with the people whose proof holds on a Helsinki day."""
    proven = _proven(session, day)
    return [
        InstitutionView(
            row.code,
            row.name,
            row.admits_students,
            row.admits_staff,
            row.study_region,
            row.version,
            proven.get((row.id, "student"), 0),
            proven.get((row.id, "staff"), 0),
        )
        for row in institutions(session)
    ]


def _proven(session: Session, day: date) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(
            Affiliation.institution_id,
            Affiliation.role,
            func.count(Affiliation.member_id.distinct()),
        )
        .join(EligibilityProof, EligibilityProof.affiliation_id == Affiliation.id)
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(
            ProofWithdrawal.id.is_(None),
            EligibilityProof.valid_from <= day,
            EligibilityProof.valid_until >= day,
        )
        .group_by(Affiliation.institution_id, Affiliation.role)
    )
    return {(institution_id, role): people for institution_id, role, people in rows}


def study_regions(session: Session) -> list[RegionView]:
    """Return every study region by code."""
    rows = session.scalars(select(StudyRegion).order_by(StudyRegion.code))
    return [RegionView(row.code, names_of_region(row), row.version) for row in rows]


def region_by_code(session: Session, code: str) -> StudyRegion | None:
    """Return the study region with that code, or None."""
    return session.scalar(select(StudyRegion).where(StudyRegion.code == code))


def names_of_region(row: StudyRegion) -> dict[str, str]:
    """Return the names of a study region by language."""
    return {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}
