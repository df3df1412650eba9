"""The visits that passes have paid for."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.passes.models import Pass
from zone.passes.visits.models import PassVisit, VisitReturn
from zone.passes.visits.rules import SpentVisit

TOLD: Final = timedelta(days=7)
"""How long staff are reminded of a visit that no pass paid for; the page lists it for good."""
MOST_LISTED: Final = 200
"""How many visits that no pass paid for are listed, the newest ones."""


def visits_of(session: Session, pass_ids: Collection[int]) -> dict[int, list[SpentVisit]]:
    """Return the visits of each pass; every given id is a key."""
    found: dict[int, list[SpentVisit]] = {pass_id: [] for pass_id in pass_ids}
    rows = (
        select(
            PassVisit.pass_id,
            PassVisit.number,
            PassVisit.occurred_at,
            PassVisit.lasts_minutes,
            VisitReturn.returned_at,
        )
        .outerjoin(VisitReturn, VisitReturn.visit_id == PassVisit.id)
        .where(PassVisit.pass_id.in_(found))
        .order_by(PassVisit.id)
    )
    for pass_id, number, at, minutes, returned_at in session.execute(rows):
        found[pass_id].append(SpentVisit(number, at, timedelta(minutes=minutes), returned_at))
    return found


def numbered_visit(session: Session, pass_id: int, number: int) -> PassVisit | None:
    """Return the visit of a pass with that number."""
    return session.scalar(
        select(PassVisit).where(PassVisit.pass_id == pass_id, PassVisit.number == number)
    )


def is_returned() -> ColumnElement[bool]:
    """Return the condition of a visit that the desk has given back."""
    return exists().where(VisitReturn.visit_id == PassVisit.id).correlate(PassVisit)


def used_of(session: Session, pass_ids: Collection[int]) -> dict[int, int]:
    """Return how many visits of each pass are used; a pass without any is left out.

    One that was given back is not.
    """
    rows = (
        select(PassVisit.pass_id, func.count(PassVisit.number).label("used"))
        .where(PassVisit.pass_id.in_(pass_ids), ~is_returned())
        .group_by(PassVisit.pass_id)
    )
    return {row.pass_id: row.used for row in session.execute(rows)}


@dataclass(frozen=True, slots=True)
class UnpaidVisit:
    """A visit for which its pass had none left: the person, the product, and when."""

    person: uuid.UUID
    name: str
    product: dict[str, str]
    occurred_at: datetime
    recorded_at: datetime


def unpaid_visits(session: Session) -> list[UnpaidVisit]:
    """Return the visits for which no visit was left, the newest first."""
    rows = (
        select(Member.public_id, Member.name, Member.email, Product, PassVisit)
        .select_from(PassVisit)
        .join(Pass, Pass.id == PassVisit.pass_id)
        .join(Member, Member.id == Pass.member_id)
        .join(Product, Product.id == Pass.product_id)
        .where(PassVisit.number.is_(None))
        .order_by(PassVisit.id.desc())
        .limit(MOST_LISTED)
    )
    return [
        UnpaidVisit(person, name or email, names_of(product), visit.occurred_at, visit.recorded_at)
        for person, name, email, product, visit in session.execute(rows)
    ]


def unpaid_lately(now: datetime) -> Select[int]:
    """Return the visits of the last days for which no visit was left."""
    return select(PassVisit.id).where(
        PassVisit.number.is_(None), PassVisit.recorded_at > now - TOLD
    )


def count_unpaid_lately(now: datetime) -> Select[int]:
    """Return the SELECT of how many visits of the last days no pass has paid for."""
    return select(func.count()).select_from(unpaid_lately(now).subquery())


def own_pass_visits(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the visits of a member's passes, for the export of one's own data."""
    return (
        select(
            Pass.public_id.label("pass"),
            PassVisit.number,
            PassVisit.occurred_at,
            PassVisit.reason,
        )
        .join(Pass, Pass.id == PassVisit.pass_id)
        .where(Pass.member_id == member_id)
    )


def own_returned_visits(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the visits that the desk has given back to a member, for the export of own data."""
    return (
        select(
            Pass.public_id.label("pass"),
            PassVisit.number,
            VisitReturn.returned_at,
            VisitReturn.reason,
        )
        .join(PassVisit, PassVisit.id == VisitReturn.visit_id)
        .join(Pass, Pass.id == PassVisit.pass_id)
        .where(Pass.member_id == member_id)
    )
