"""A staff password is the way in when mail is down, and tells a stranger nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from tests.members.people import a_member
from zone.core.errors import DomainError
from zone.db import reading, writing
from zone.members import entrance, passwords, service
from zone.members.entrance import Visitor
from zone.members.models import AuditRow, Member

pytestmark = pytest.mark.engines("sqlite")

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
EMAIL = "aino@example.org"
AT_HOME = Visitor("192.0.2.1", "en")
GOOD = "correct horse battery"


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """argon2 as ever, with little memory and one pass."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


def an_admin(password: str = GOOD) -> Member:
    with writing() as session:
        return service.create_admin(session, email="Boss@example.org", name="Boss", password=password, now=NOW)


@pytest.mark.usefixtures("cheap_hashes")
def test_an_admin_is_made_with_a_password_and_signs_in_with_it(app: Flask) -> None:
    admin = an_admin()
    token = entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW).token
    with reading() as session:
        actor = service.actor_of_token(session, token, NOW)
        audited = session.scalars(select(AuditRow.action)).all()
    assert actor is not None
    assert (actor.id, actor.roles) == (admin.id, frozenset({"admin"}))
    assert audited == ["admin.create"]


@pytest.mark.usefixtures("cheap_hashes")
def test_making_an_admin_again_changes_the_password_and_ends_their_sessions(app: Flask) -> None:
    first = an_admin()
    token = entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW).token
    assert an_admin("another long password").id == first.id
    with reading() as session:
        assert service.actor_of_token(session, token, NOW) is None
    with pytest.raises(DomainError, match="password_wrong"):
        entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW)
    assert entrance.enter_by_password("boss@example.org", "another long password", AT_HOME, NOW).token


@pytest.mark.usefixtures("cheap_hashes")
def test_a_short_password_is_refused_with_the_length_to_choose(app: Flask) -> None:
    with pytest.raises(DomainError, match="password_weak") as refused:
        an_admin("short")
    assert refused.value.params == {"least": 12}


@pytest.mark.usefixtures("cheap_hashes")
def test_a_wrong_password_and_an_unknown_address_look_alike(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    an_admin()
    with writing() as session:
        a_member(session, email=EMAIL)
    verified: list[str] = []
    verify = passwords._verify

    def noted(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "_verify", noted)
    for email in ("boss@example.org", "nobody@example.org", EMAIL):
        with pytest.raises(DomainError, match="password_wrong"):
            entrance.enter_by_password(email, "wrong wrong wrong", AT_HOME, NOW)
    assert len(verified) == 3, "each costs one verification"
    assert all(hashed.startswith("$argon2id$") for hashed in verified)


@pytest.mark.usefixtures("cheap_hashes")
def test_passwords_for_one_address_are_limited(app: Flask) -> None:
    an_admin()
    for _ in range(entrance.PASSWORDS_FOR_ADDRESS.most):
        with pytest.raises(DomainError, match="password_wrong"):
            entrance.enter_by_password("boss@example.org", "wrong wrong wrong", AT_HOME, NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW)
