"""What the service keeps of one person, for themselves: every table that names them, in words they can read.

A column `member_id` says that a row is about somebody; rows that a person wrote as staff about others (`actor_id`,
`recorded_by`) are not theirs. Left out are secrets (digests, hashes, keys) and the numbers by which rows find each
other. Of surveys there is only whether one has answered, and only until the survey closes: nobody can tell more.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, Row, Select, Table, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.visits.models import Visit
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.audit.models import AuditRow
from zone.core.db.types import Base
from zone.core.errors import NOT_FOUND, DomainError
from zone.feedback.answers.models import Participation
from zone.feedback.surveys.models import Survey
from zone.members.affiliations.models import Affiliation, Institution
from zone.members.eligibility.models import EligibilityProof
from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.receipts.models import Receipt

ABOUT: Final = "member_id"
SECRET: Final = frozenset({"hash", "digest", "key", "point", "kid"})
TOLD_IN_FULL: Final = frozenset(
    {"affiliation", "booking", "pass", "orders", "survey_participation", "visit", "staff_password"}
)
"""Tables with a section of their own; of a password there is only a hash."""


def export(session: Session, member_id: int, now: datetime) -> dict[str, Any]:
    """Everything, JSON-ready.

    Raises:
        DomainError: not_found.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise DomainError(NOT_FOUND)
    names = ("public_id", "email", "name", "language", "created_at")
    sections = {name: [readable(row) for row in session.execute(query)] for name, query in _sections(member).items()}
    person = {name: _plain(getattr(member, name)) for name in names}
    return {"exported_at": now.isoformat(), "person": person, **sections, "other": dict(_others(session, member_id))}


def _sections(member: Member) -> dict[str, Select[*tuple[Any, ...]]]:
    """Section → what it reads; its columns are named for the reader."""
    own = member.id
    return {
        "affiliations": select(Institution.name, Affiliation.role, Affiliation.study_region)
        .join(Affiliation, Affiliation.institution_id == Institution.id)
        .where(Affiliation.member_id == own),
        "proofs": select(
            Institution.name, EligibilityProof.source, EligibilityProof.valid_from, EligibilityProof.valid_until
        )
        .join(Affiliation, Affiliation.institution_id == Institution.id)
        .join(EligibilityProof, EligibilityProof.affiliation_id == Affiliation.id)
        .where(Affiliation.member_id == own),
        "passes": select(Pass.public_id, Product.name_en.label("product"), Pass.starts_on, Pass.ends_on)
        .join(Product, Product.id == Pass.product_id)
        .where(Pass.member_id == own),
        "pass_events": select(Pass.public_id.label("pass"), PassEvent.kind, PassEvent.occurred_at)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(Pass.member_id == own),
        "orders": select(Order.public_id, Product.name_en.label("product"), OrderLine.cents, Order.placed_at)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.member_id == own),
        "receipts": select(Receipt.year, Receipt.number, Receipt.kind, Receipt.cents, Receipt.issued_at)
        .join(Order, Order.id == Receipt.order_id)
        .where(Order.member_id == own),
        "bookings": select(ClassSession.name_en.label("session"), ClassSession.starts_at, Booking.state)
        .join(Booking, Booking.session_id == ClassSession.id)
        .where(Booking.member_id == own),
        "visits": select(Area.name.label("area"), Visit.source, Visit.occurred_at)
        .join(Visit, Visit.area_id == Area.id)
        .where(Visit.member_id == own, Visit.retracted_at.is_(None)),
        "surveys_answered": select(Survey.code)
        .join(Participation, Participation.survey_id == Survey.id)
        .where(Participation.member_id == own),
        "staff_actions_about_me": select(AuditRow.action, AuditRow.occurred_at, AuditRow.reason).where(
            AuditRow.object_kind == "member", AuditRow.object_id == str(member.public_id)
        ),
    }


def _others(session: Session, member_id: int) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    for table in tables_about_people():
        columns = [column for column in table.columns if _told(column)]
        if columns and table.name not in TOLD_IN_FULL:
            rows = session.execute(select(*columns).where(table.c[ABOUT] == member_id))
            yield table.name, [readable(row) for row in rows]


def tables_about_people() -> list[Table]:
    """Every table whose rows are about somebody."""
    return [table for table in Base.metadata.sorted_tables if ABOUT in table.columns]


def _told(column: Column[Any]) -> bool:
    linked = column.primary_key or bool(column.foreign_keys)
    return not (linked or isinstance(column.type, LargeBinary) or column.name in SECRET)


def readable(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON: names of columns, instants and days as text."""
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value
