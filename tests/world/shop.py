"""A small shop for tests: an eligible student, products with prices, VAT of the reference data."""

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.db.transactions import reading, writing
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.institutions import service as institutions
from zone.members.people import service as people
from zone.members.roster_marks.models import RosterMark
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Product
from zone.passes.customer_groups import service as customer_groups
from zone.passes.pass_rights.queries import held_passes
from zone.passes.passes import service as passes_service
from zone.passes.passes.models import Pass
from zone.passes.passes.rules import PassUse

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)
REFERENCE: dict[str, Any] = tomllib.loads(
    Path("zone/operation/reference_data/reference.toml").read_text(encoding="utf-8")
)


def open_shop(session: Session) -> None:
    """Institutions and VAT from the reference data; invented products and prices."""
    for row in REFERENCE["study_region"]:
        institutions.ensure_region(session, **row)
    for row in REFERENCE["institution"]:
        institutions.ensure_institution(session, **row)
    for row in REFERENCE["vat_rate"]:
        catalogue.set_vat_rate(
            session, row["category"], percent=Decimal(row["percent"]), valid_from=row["valid_from"]
        )
    a_product(
        session, "term", "sports_pass", ("gym", "class", "court"), 120, student=4500, staff=9000
    )
    a_product(session, "gym", "gym_pass", ("gym",), 30, student=1500, staff=3000)
    a_product(session, "visit", "single_visit", ("gym",), 1, student=500, staff=500)


def a_product(
    session: Session, code: str, kind: str, gives: tuple[str, ...], days: int | None, **prices: int
) -> Product:
    """Add a product with a price in cents for each role, in force since 2020."""
    names = (f"{code} (fi)", f"{code} (sv)", f"{code} (en)")
    product = catalogue.set_product(
        session, code=code, kind=kind, names=names, entitlements=gives, length_days=days
    )
    for role, cents in prices.items():
        catalogue.set_price(session, code, role=role, cents=cents, valid_from=date(2020, 1, 1))
    return product


def in_group(session: Session, institution: str, group: str) -> None:
    """Put an institution into a customer group of that code since 2020."""
    customer_groups.set_group(session, group, names=(group, group, group))
    customer_groups.set_institution_group(
        session, institution, group=group, valid_from=date(2020, 1, 1)
    )


def a_student(
    email: str = "opiskelija@zone.example",
    *,
    until: date = date(2027, 12, 31),
    role: str = "student",
) -> int:
    """The id of a person whose affiliation with Metropolia is proven."""
    with writing() as session:
        member = people.create_member(
            session, email=email, name="Testi Opiskelija", language="en", now=NOW
        )
        claim = affiliations.add_affiliation(
            session, member.id, institution_code="metropolia", role=role, study_region="capital"
        )
        eligibility.add_proof(
            session,
            claim.id,
            source="test",
            valid_from=date(2020, 1, 1),
            valid_until=until,
            now=NOW,
            recorded_by=None,
        )
        return member.id


def a_pass(
    member_id: int,
    product: str = "term",
    *,
    starts_on: date = TODAY,
    ends_on: date = date(2026, 12, 29),
    now: datetime = NOW,
) -> int:
    """The id of a pass given without an order."""
    with writing() as session:
        row = catalogue_queries.product_by_code(session, product)
        return passes_service.add_pass(
            session,
            passes_service.new_pass(
                member_id,
                row,
                starts_on=starts_on,
                ends_on=ends_on,
            ),
            now=now,
            by="test",
        ).id


def marks(member_id: int) -> int:
    """Return how often a member's roster row was marked as changed."""
    with reading() as session:
        return session.scalar(select(func.count()).where(RosterMark.member_id == member_id)) or 0


def passes(member_id: int) -> int:
    """Return how many passes a member has."""
    with reading() as session:
        return session.scalar(select(func.count()).where(Pass.member_id == member_id)) or 0


def record_use(
    session: Session,
    member_id: int,
    *,
    kinds: Sequence[str],
    campus: str,
    occurred_at: datetime,
    recorded_at: datetime,
) -> int | None:
    """Record one use of a pass at a door, as `record_uses` does; return the pass's id."""
    use = PassUse(member_id, kinds, campus, occurred_at)
    held = held_passes(session, [member_id], occurred_at, occurred_at)
    (used,) = passes_service.record_uses(session, [use], held, recorded_at=recorded_at, by="door")
    return used


def acts_on_a_pass(member_id: int, now: datetime) -> list[tuple[str, str, dict[str, Any]]]:
    """Give a pass; return what the desk may do with it: endpoint, end of the address and body."""
    today = now.date()
    ends = today + timedelta(days=60)
    pass_id = a_pass(member_id, starts_on=today, ends_on=ends, now=now)
    with reading() as session:
        path = f"/passes/{session.get_one(Pass, pass_id).public_id}"
    why = {"reason": "Certificate seen"}
    first, last = today + timedelta(days=2), today + timedelta(days=20)
    days = {"first_day": str(first), "last_day": str(last), "cause": "illness"}
    with writing() as session:
        a_product(session, "guest-day", "guest", ("gym",), 1)
        catalogue.set_product(
            session,
            code="ten",
            kind="single_visit",
            names=("Kymmenen", "Tio", "Ten"),
            entitlements=("gym",),
            length_days=90,
            visits=10,
        )
    counted = a_pass(member_id, "ten", starts_on=today, ends_on=ends, now=now)
    with reading() as session:
        visits = f"/passes/{session.get_one(Pass, counted).public_id}/visits"
    given = {"product": "guest-day", "starts_on": str(today)} | why
    return [
        ("desk_passes.take_visit", visits, why),
        ("desk_passes.give_back_visit", f"{visits}/return", {"number": 1} | why),
        ("desk_given_passes.give", "/given-passes", given),
        ("desk_passes.pause", f"{path}/pause", days | why),
        ("desk_passes.resume", f"{path}/resume", why),
        ("desk_passes.extend", f"{path}/extend", {"days": 3} | why),
        ("desk_passes.end", f"{path}/end", why),
    ]
