"""Who may use the service, in which role and until when; the proofs of a person."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedSelect
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility import rules
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.institutions.models import Institution
from zone.members.people.models import Member


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The right to use the service as `role` of an institution, both days included."""

    institution_code: str
    role: str
    valid_from: date
    valid_until: date


def eligibility(session: Session, member_id: int, on: date) -> list[Eligibility]:
    """Return the eligibility of a person on a Helsinki day, the longest proof first."""
    return eligibility_of(session, [member_id], on)[member_id]


def eligibility_of(
    session: Session, member_ids: Collection[int], on: date
) -> dict[int, list[Eligibility]]:
    """Return the same for many people in one statement; every given id is a key."""
    eligible: dict[int, list[Eligibility]] = {member_id: [] for member_id in member_ids}
    for row in session.execute(_PROVEN, {"members": list(eligible), "day": on}):
        if is_admitted(row):
            eligible[row.member_id].append(
                Eligibility(row.code, row.affiliated_as, row.valid_from, row.valid_until)
            )
    # A visit is counted for the institution of the first one.
    for proven in eligible.values():
        proven.sort(key=lambda right: right.valid_until, reverse=True)
    return eligible


def count_eligible(session: Session, on: date) -> int:
    """Return how many people may use the service on a Helsinki day."""
    rows = session.execute(_ALL_PROVEN, {"day": on})
    return len({row.member_id for row in rows if is_admitted(row)})


_affiliation, _institution = Affiliation.__table__, Institution.__table__
_proof, _withdrawal = EligibilityProof.__table__, ProofWithdrawal.__table__


def with_proofs(people: FromClause, member_id: ColumnElement[int]) -> FromClause:
    """Join each person with each affiliation and its proofs of `:day`; filter by `is_admitted`."""
    on_the_day = and_(
        _proof.c.affiliation_id == _affiliation.c.id,
        # Calendar days in Helsinki, both included: a sticker until 31 July is valid all that day.
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
"""The columns of `with_proofs` that `is_admitted` reads."""


def is_admitted(row: Any) -> bool:
    """Return whether a row of `with_proofs` holds a valid proof of an admitted role."""
    return bool(row.proven) and rules.admits(row, row.affiliated_as, row.studies_in)


_ROLES: Final = (
    select(_affiliation.c.role)
    .join(_proof, _proof.c.affiliation_id == _affiliation.c.id)
    .outerjoin(_withdrawal, _withdrawal.c.proof_id == _proof.c.id)
    .where(
        _affiliation.c.member_id == bindparam("member_id"),
        _proof.c.valid_from <= bindparam("today"),
        _proof.c.valid_until >= bindparam("today"),
        _withdrawal.c.id.is_(None),
    )
)
_ROLES_ALONE: Final = PreparedSelect(_ROLES)
# A value of its own instead of a join: nothing of it depends on the other tables, so PostgreSQL
# reads it once.
PROVEN_ROLES: Final = (
    _ROLES.with_only_columns(func.aggregate_strings(_affiliation.c.role, ","))
    .correlate(None)
    .scalar_subquery()
)
"""The proven roles of `:member_id` on the Helsinki day `:today`, for `roles_in`; NULL: none."""


def roles_in(proven: str | None) -> frozenset[str]:
    """Return the roles that the value of `PROVEN_ROLES` names."""
    return frozenset((proven or "").split(",")) - {""}


def proven_roles(connection: Connection, member_id: int, day: date) -> frozenset[str]:
    """Return the roles of which a person has a proof that holds on a Helsinki day.

    Only how early and how much they may book depends on it: what they may is said by their passes.
    """
    return frozenset(
        row.role for row in _ROLES_ALONE.fetch(connection, member_id=member_id, today=day)
    )


_member = Member.__table__.c
_ALL_PROVEN: Final = (
    select(
        _member.id.label("member_id"),
        _institution.c.code,
        _proof.c.valid_from,
        _proof.c.valid_until,
        *PROOF,
    )
    .select_from(with_proofs(Member.__table__, _member.id))
    .where(_proof.c.id.is_not(None))
)
_PROVEN: Final = _ALL_PROVEN.where(_member.id.in_(bindparam("members", expanding=True)))


@dataclass(frozen=True, slots=True)
class ProofView:
    """A recorded proof of an affiliation, by whom, and whether it was withdrawn."""

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
    """Return every proof of a person, the newest first."""
    recorder = Member.__table__.alias()
    rows = session.execute(
        select(
            Affiliation.public_id,
            Institution.name,
            Affiliation.role,
            EligibilityProof.source,
            EligibilityProof.valid_from,
            EligibilityProof.valid_until,
            EligibilityProof.recorded_at,
            recorder.c.name,
            ProofWithdrawal.id.is_not(None),
        )
        .join(Affiliation, Affiliation.id == EligibilityProof.affiliation_id)
        .join(Institution, Institution.id == Affiliation.institution_id)
        .outerjoin(recorder, recorder.c.id == EligibilityProof.recorded_by)
        .outerjoin(ProofWithdrawal, ProofWithdrawal.proof_id == EligibilityProof.id)
        .where(Affiliation.member_id == member_id)
        .order_by(EligibilityProof.id.desc())
    )
    return [ProofView(*row) for row in rows]


def own_proofs(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's proofs of eligibility, for the export of one's own data."""
    return (
        select(
            Institution.name,
            EligibilityProof.source,
            EligibilityProof.valid_from,
            EligibilityProof.valid_until,
        )
        .join(Affiliation, Affiliation.institution_id == Institution.id)
        .join(EligibilityProof, EligibilityProof.affiliation_id == Affiliation.id)
        .where(Affiliation.member_id == member_id)
    )
