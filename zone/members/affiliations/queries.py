"""A person's affiliations with the state of their proof."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zone.members.affiliations.models import Affiliation
from zone.members.eligibility import rules as eligibility_rules
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.institutions.models import Institution


@dataclass(frozen=True, slots=True)
class AffiliationView:
    """An affiliation of a person, and until when it is proven; None where it is not proven."""

    public_id: uuid.UUID
    institution_code: str
    institution_name: str
    role: str
    study_region: str | None
    admitted: bool
    proven_until: date | None


def affiliations_of(session: Session, member_id: int, on: date) -> list[AffiliationView]:
    """Return a person's affiliations with the state of their proof on a Helsinki day."""
    until = (
        select(func.max(EligibilityProof.valid_until))
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(EligibilityProof.affiliation_id == Affiliation.id, ProofWithdrawal.id.is_(None))
        # Both days included. A proof for next term does not count before its first day.
        .where(EligibilityProof.valid_from <= on, EligibilityProof.valid_until >= on)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Affiliation, Institution, until.label("until"))
        .join(Institution, Institution.id == Affiliation.institution_id)
        .where(Affiliation.member_id == member_id)
        .order_by(Affiliation.id)
    )
    return [_affiliation_view(*row) for row in rows]


def _affiliation_view(
    affiliation: Affiliation, institution: Institution, until: date | None
) -> AffiliationView:
    return AffiliationView(
        affiliation.public_id,
        institution.code,
        institution.name,
        affiliation.role,
        affiliation.study_region,
        eligibility_rules.admits(institution, affiliation.role, affiliation.study_region),
        until,
    )


def own_affiliations(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return where a member studies or works, for the export of one's own data."""
    return (
        select(Institution.name, Affiliation.role, Affiliation.study_region)
        .join(Affiliation, Affiliation.institution_id == Institution.id)
        .where(Affiliation.member_id == member_id)
    )
