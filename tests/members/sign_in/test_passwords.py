"""A staff password is the way in when mail is down, and tells a stranger nothing."""

from datetime import UTC, datetime

import pytest
from argon2 import profiles
from flask import Flask
from sqlalchemy import select

from tests.world import warm
from tests.world.browsers import Browser
from tests.world.people import a_member
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.passwords import service as passwords
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.members.sign_in.flows import NewSession
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries

pytestmark = pytest.mark.engines("sqlite")

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
EMAIL = "aino@example.org"
GOOD = "correct horse battery"
OTHER = "seven quiet lamps"


def an_admin(password: str = GOOD) -> Member:
    with writing() as session:
        return roles.create_admin(
            session, email="Boss@example.org", name="Boss", password=password, now=NOW
        ).member


def enter(settings: Settings, password: str, email: str = "boss@example.org") -> NewSession:
    return Browser().enter_password(settings, email, password, NOW)


def test_an_admin_is_made_with_a_password_and_signs_in_with_it(
    app: Flask, settings: Settings
) -> None:
    admin = an_admin()
    token = enter(settings, GOOD).token
    with reading() as session:
        actor = sign_in_sessions_queries.actor_of_token(session, token, NOW)
        audited = session.scalars(select(AuditRow.action)).all()
    assert actor is not None
    assert (actor.id, actor.roles) == (admin.id, frozenset({"admin"}))
    assert audited == ["admin.create"]


def test_making_an_admin_again_changes_the_password_and_ends_their_sessions(
    app: Flask, settings: Settings
) -> None:
    first = an_admin()
    token = enter(settings, GOOD).token
    assert an_admin(OTHER).id == first.id
    with reading() as session:
        assert sign_in_sessions_queries.actor_of_token(session, token, NOW) is None
    with pytest.raises(DomainError, match="password_wrong"):
        enter(settings, GOOD)
    assert enter(settings, OTHER).token


def test_a_short_password_is_refused_with_the_length_to_choose(
    app: Flask, settings: Settings
) -> None:
    with pytest.raises(DomainError, match="password_weak") as refused:
        an_admin("short")
    assert refused.value.params == {"least": 12}


def test_a_wrong_password_and_an_unknown_address_look_alike(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_admin()
    with writing() as session:
        a_member(session, email=EMAIL)
    verified: list[str] = []
    verify = passwords.verify

    def noted(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "verify", noted)
    for email in ("boss@example.org", "nobody@example.org", EMAIL):
        with pytest.raises(DomainError, match="password_wrong"):
            enter(settings, "wrong wrong wrong", email)
    assert len(verified) == 3, "each costs one verification"
    assert all(hashed.startswith("$argon2id$") for hashed in verified)


def test_the_product_hashes_by_rfc_9106() -> None:
    hasher, wanted = warm.HASHER_OF_THE_PRODUCT, profiles.RFC_9106_LOW_MEMORY
    chosen = (hasher.time_cost, hasher.memory_cost, hasher.parallelism, hasher.type)
    assert chosen == (wanted.time_cost, wanted.memory_cost, wanted.parallelism, wanted.type)
