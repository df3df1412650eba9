"""Callers of the API, each with the headers that identify them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.enrol import sign_on_message
from tests.world.people import HOST, a_member
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import service as bridges
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import OPENED_BY, Actor
from zone.members.people.models import Member
from zone.members.roles import queries as roles_queries
from zone.members.roles import service as roles_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens import rules as tokens_rules
from zone.members.tokens import service as tokens
from zone.places.campuses.models import Campus
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

ROLES: Final = {
    "student": (),
    "instructor": ("instructor",),
    "desk": ("desk",),
    "manager": ("manager",),
    "admin": ("admin",),
    "everyone": ("instructor", "desk", "manager", "admin"),
}
ACTORS: Final = ("student", "desk", "manager", "admin", "token", "bridge")


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: the headers of each request, and the person's id (None for a bridge)."""

    headers: Mapping[str, str]
    member_id: int | None = None


def a_caller(app: Flask, kind: str) -> Caller:
    """Make a caller of one of `ACTORS`. A token has every scope, and its owner is a manager."""
    if kind == "bridge":
        with writing() as session:
            return Caller({"Authorization": f"Bearer {a_bridge_token(session)}"})
    with writing() as session:
        member = a_member(session)
        for role in ROLES.get(kind, ("manager",)):
            roles_service.grant_role(session, member.id, role, utc_now())
        member_id = member.id
    if kind == "token":
        return Caller({"Authorization": f"Bearer {a_token(member_id, *OPENED_BY)}"}, member_id)
    with writing() as session:
        cookie = sign_in_sessions.open_session(session, member_id, now=utc_now())
    return Caller({"Cookie": f"{name_of(settings_of(app))}={cookie}", "Origin": HOST}, member_id)


def a_token(member_id: int, *scopes: str) -> str:
    """Return the secret of a new token with the scopes that the person's roles permit."""
    now = utc_now()
    with writing() as session:
        owner = session.get_one(Member, member_id)
        roles = roles_queries.roles_of(session, member_id, now)
        actor = Actor("person", member_id, owner.public_id, roles)
        return tokens.make_token(
            session,
            actor,
            name="Test",
            scopes=tokens_rules.effective_scopes(scopes, roles),
            expires_at=now + timedelta(days=1),
            now=now,
        ).secret


def a_bridge_token(session: Session) -> str:
    """Return the token of a new bridge of the first campus."""
    now, key = utc_now(), Ed25519PrivateKey.generate()
    campus_id = session.scalars(select(Campus.id).order_by(Campus.id)).first()
    if campus_id is None:
        campus = Campus(code="myllypuro", name="Myllypuro")
        session.add(campus)
        session.flush()
        campus_id = campus.id
    _bridge, once = bridges.create_bridge(
        session, campus_id=campus_id, name=f"Bridge {uuid.uuid4().hex}", now=now
    )
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    enrolled = bridge_sign_on.enrol(session, token=once, public_key=public, now=now)
    challenge = bridge_sign_on.challenge(session, enrolled.public_id, now)
    signature = key.sign(sign_on_message(str(enrolled.public_id), challenge))
    return bridge_sign_on.sign_on(
        session, bridge=enrolled.public_id, challenge=challenge, signature=signature, now=now
    )
