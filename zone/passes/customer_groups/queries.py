"""Customer groups, their institutions, and the group of an institution on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.members.institutions.models import Institution
from zone.passes.customer_groups import rules
from zone.passes.customer_groups.models import CustomerGroup, InstitutionGroup
from zone.passes.customer_groups.rules import GroupOfInstitution


@dataclass(frozen=True, slots=True)
class CustomerGroupView:
    """A customer group with the names of the institutions that belong to it on a day."""

    code: str
    name: dict[str, str]
    ended_on: date | None
    version: int
    institutions: Sequence[str]


@dataclass(frozen=True, slots=True)
class InstitutionMove:
    """The group of an institution from a day on; `to_come`: that day is still ahead."""

    institution: str
    name: str
    group: str | None
    valid_from: date | None
    to_come: bool = False


def names_of_group(group: CustomerGroup) -> dict[str, str]:
    """Return the names of a group by language."""
    return {"fi": group.name_fi, "sv": group.name_sv, "en": group.name_en}


def customer_groups(session: Session, day: date) -> list[CustomerGroupView]:
    """Return every customer group by code, with its institutions on a day."""
    members = institutions_by_group(session, day)
    return [
        CustomerGroupView(
            row.code,
            names_of_group(row),
            row.ended_on,
            row.version,
            members.get(row.code, []),
        )
        for row in session.scalars(select(CustomerGroup).order_by(CustomerGroup.code))
    ]


def names_by_group(session: Session) -> dict[str, dict[str, str]]:
    """Return the names of every customer group by its code, also of those that have ended."""
    rows = session.scalars(select(CustomerGroup).order_by(CustomerGroup.code))
    return {row.code: names_of_group(row) for row in rows}


def open_groups(session: Session, day: date) -> dict[str, dict[str, str]]:
    """Return the names of the customer groups that have not ended on a day, by code."""
    is_open = or_(CustomerGroup.ended_on.is_(None), CustomerGroup.ended_on > day)
    rows = session.scalars(select(CustomerGroup).where(is_open).order_by(CustomerGroup.code))
    return {row.code: names_of_group(row) for row in rows}


def group_rows(session: Session) -> list[GroupOfInstitution]:
    """Return which group each institution has from which day on, by its name, the oldest first."""
    rows = session.execute(
        select(Institution.code, Institution.name, CustomerGroup.code, InstitutionGroup.valid_from)
        .select_from(InstitutionGroup)
        .join(Institution, Institution.id == InstitutionGroup.institution_id)
        .outerjoin(CustomerGroup, CustomerGroup.id == InstitutionGroup.customer_group_id)
        .order_by(Institution.name, InstitutionGroup.valid_from)
    )
    return [GroupOfInstitution(*row) for row in rows]


def institutions_by_group(session: Session, day: date) -> dict[str, list[str]]:
    """Return the names of the institutions of each customer group on a day."""
    return rules.members_on(group_rows(session), day)


def moves(session: Session, day: date) -> list[InstitutionMove]:
    """Return which group every institution is in on a day, and each change to come, by name."""
    stored = rules.present_rows(group_rows(session), day)
    begun = {row.institution for row in stored if row.valid_from <= day}
    never = [
        InstitutionMove(one.code, one.name, None, None)
        for one in session.scalars(select(Institution))
        if one.code not in begun
    ]
    known = [
        InstitutionMove(row.institution, row.name, row.group, row.valid_from, row.valid_from > day)
        for row in stored
    ]
    return sorted(never + known, key=lambda one: (one.name, one.valid_from or date.min))


def group_on(session: Session, institution_code: str, day: date) -> str | None:
    """Return the code of the customer group of an institution on a day; None: it has none."""
    return session.scalar(
        select(CustomerGroup.code)
        .select_from(InstitutionGroup)
        .join(Institution, Institution.id == InstitutionGroup.institution_id)
        .outerjoin(CustomerGroup, CustomerGroup.id == InstitutionGroup.customer_group_id)
        .where(Institution.code == institution_code, InstitutionGroup.valid_from <= day)
        .order_by(InstitutionGroup.valid_from.desc())
        .limit(1)
    )
