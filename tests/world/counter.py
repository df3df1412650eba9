"""A desk for tests: a site with always open doors, a shop, people, browsers of the staff."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.stored import stored
from tests.world.booking import a_member as a_holder
from tests.world.people import a_member as a_colleague
from tests.world.people import signed_in
from tests.world.shop import a_product, open_shop
from tests.world.site import Site
from tests.world.site import build as build_site
from zone.access.areas.models import Area
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.people import queries as people_queries
from zone.members.roles import service as roles_service

REASON = {"reason": "Asked at the desk"}


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk; `staff` is the browser of an employee with the role desk."""

    app: Flask
    site: Site
    staff: FlaskClient
    staff_id: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person at the counter; `claim` is their affiliation with Metropolia."""

    id: int
    public: uuid.UUID
    holder: int
    claim: uuid.UUID


def build(app: Flask) -> Desk:
    """Store Myllypuro with its doors, the shop, and one employee."""
    site, staff = stored(_site_and_employee)
    return Desk(app, site, signed_in(app, staff), staff)


def _site_and_employee(session: Session) -> tuple[Site, int]:
    site = build_site(session)
    open_shop(session)
    a_product(session, "lost-card", "fee", (), 1, student=500, staff=500)
    session.execute(update(Area).values(always_open=True))
    return site, an_employee(session, "desk")


def an_employee(session: Session, *roles: str, name: str = "Tiina Tiskillä") -> int:
    """Store a person with service roles, and return their id."""
    member = a_colleague(session, name=name)
    member.language = "en"
    for role in roles:
        roles_service.grant_role(session, member.id, role, utc_now())
    return member.id


def browser(desk: Desk, *roles: str) -> FlaskClient:
    """Return the browser of a new employee."""
    with writing() as session:
        member = an_employee(session, *roles)
    return signed_in(desk.app, member)


def a_person(
    desk: Desk,
    name: str = "matti",
    *,
    proven: bool = True,
    with_pass: bool = True,
    now: datetime | None = None,
) -> Person:
    """Store a student of Metropolia, with a proof and a pass unless said otherwise."""
    now = now or utc_now()
    with writing() as session:
        member_id = a_holder(session, desk.site.world, name, with_pass=with_pass, now=now)
        claim = affiliations.add_affiliation(
            session,
            member_id,
            institution_code="metropolia",
            role="student",
            study_region="capital",
        )
        if proven:
            today = helsinki_date(now)
            eligibility.add_proof(
                session,
                claim.id,
                source="term sticker",
                valid_from=today - timedelta(days=30),
                valid_until=today + timedelta(days=200),
                now=now,
                recorded_by=None,
            )
        member = people_queries.member_by_id(session, member_id)
        return Person(member_id, member.public_id, member.holder, claim.public_id)


def call(
    client: FlaskClient, path: str, body: dict[str, Any], key: str | None = None
) -> TestResponse:
    """Send a POST to the API of the desk."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(f"/api/v1/desk{path}", json=body, headers=headers)


def offer(desk: Desk, person: Person, product: str = "term") -> dict[str, Any]:
    """Return the body of a sale in cash at the price that the desk is shown."""
    shown = desk.staff.get(f"/api/v1/desk/people/{person.public}/offers").get_json()["products"]
    shown_product = next(item for item in shown if item["code"] == product)
    return {
        "product": product,
        "method": "cash",
        "cents": shown_product["price"]["cents"],
        "starts_on": shown_product["starts_on"],
    }


def audited(action: str | None = None) -> int:
    """Return the number of rows of the audit, of one action or of all."""
    query = select(func.count(AuditRow.id))
    with reading() as session:
        return session.scalars(
            query if action is None else query.where(AuditRow.action == action)
        ).one()


def count(model: Any, *conditions: Any) -> int:
    """Return the number of rows of a model."""
    with reading() as session:
        return session.scalars(select(func.count()).select_from(model).where(*conditions)).one()


def a_proof(
    person: Person, source: str = "student card", until: date | None = None
) -> dict[str, Any]:
    """Return the body that records a proof seen today."""
    today = helsinki_date(utc_now())
    return {
        "affiliation": str(person.claim),
        "source": source,
        "valid_from": str(today),
        "valid_until": str(until or today + timedelta(days=300)),
    }
