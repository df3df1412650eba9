"""Invented people and the alliance's institutions, for tests of every feature."""

import uuid
from datetime import UTC, datetime
from typing import Final

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Actor
from zone.members.institutions import queries as institutions_queries
from zone.members.institutions import service as institutions
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.roles import service as roles_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

CREATED: Final = datetime(2026, 8, 1, 6, tzinfo=UTC)
HOST: Final = "http://localhost"
CAPITAL: Final = {
    "code": "capital",
    "fi": "pääkaupunkiseutu",
    "sv": "huvudstadsregionen",
    "en": "Helsinki region",
}


def the_alliance() -> dict[str, tuple[bool, bool, str | None]]:
    """Institution → (students, staff, the region its students must study in)."""
    students_and_staff, students, capital = (
        (True, True, None),
        (True, False, None),
        (True, False, "capital"),
    )
    return {
        "haaga-helia": students_and_staff,
        "laurea": students_and_staff,
        "metropolia": students_and_staff,
        "arcada": students,
        "diak": capital,
        "humak": capital,
    }


def a_member(session: Session, *, email: str | None = None, name: str = "Testi Henkilö") -> Member:
    """A new person, and the institutions of the alliance when they are not there yet."""
    if not institutions_queries.institutions(session):
        institutions.ensure_region(session, **CAPITAL)
        for code, (students, staff, region) in the_alliance().items():
            institutions.ensure_institution(
                session,
                code=code,
                name=code,
                admits_students=students,
                admits_staff=staff,
                study_region=region,
            )
    email = email or f"{uuid.uuid4().hex[:12]}@example.org"
    return people.create_member(session, email=email, name=name, language="fi", now=CREATED)


def signed_in(app: Flask, member_id: int) -> FlaskClient:
    """A browser with that person's session, which names its origin as browsers do."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    client = a_browser(app)
    client.set_cookie(
        name_of(settings_of(app)), token, domain="localhost", secure=settings_of(app).secure
    )
    return client


def a_person(app: Flask, *roles: str) -> FlaskClient:
    """A browser with the session of a new person who holds these service roles."""
    with writing() as session:
        member_id = a_member(session).id
        for role in roles:
            roles_service.grant_role(session, member_id, role, utc_now())
    return signed_in(app, member_id)


def a_browser(app: Flask) -> FlaskClient:
    """A browser without a session."""
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = HOST
    return client


def an_actor(member_id: int, *roles: str) -> Actor:
    """A signed-in person as services see them."""
    return Actor("person", member_id, uuid.uuid4(), frozenset(roles))
