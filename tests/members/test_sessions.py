"""A session lives while it is used, as long as its roles allow, and ends when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.members.people import a_member
from zone.config import Settings
from zone.db import reader, reading, writing
from zone.members import entrance, jobs, service, sessions
from zone.members.entrance import Visitor
from zone.members.models import SignInSession

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)


def a_session(*roles: str) -> tuple[int, str]:
    """A person with these service roles, signed in; their id and token."""
    with writing() as session:
        member = a_member(session)
        for role in roles:
            service.grant_role(session, member.id, role, NOW)
        return member.id, service.open_session(session, member.id, now=NOW)


def lives(token: str, now: datetime) -> bool:
    with reading() as session:
        return service.actor_of_token(session, token, now) is not None


@pytest.mark.parametrize(("roles", "life"), [((), timedelta(days=30)), (("desk",), timedelta(hours=12))])
def test_a_session_lives_as_long_as_its_roles_allow(app: Flask, roles: tuple[str, ...], life: timedelta) -> None:
    _, token = a_session(*roles)
    assert lives(token, NOW + life - timedelta(seconds=1))
    assert not lives(token, NOW + life)


def test_use_slides_the_end_of_a_session(app: Flask) -> None:
    _, token = a_session("desk")
    with reader() as connection:
        early = sessions.look_up(connection, token, NOW + timedelta(minutes=1))
        late = sessions.look_up(connection, token, NOW + timedelta(hours=11))
    assert early is not None
    assert late is not None
    assert (early.stale, late.stale) == (False, True), "not written at every request"
    with writing() as session:
        sessions.note_use(session, late.session_id, NOW + timedelta(hours=11))
    assert lives(token, NOW + timedelta(hours=22))


def test_a_role_given_later_shortens_the_session_at_once(app: Flask) -> None:
    member_id, token = a_session()
    assert lives(token, NOW + timedelta(days=1))
    with writing() as session:
        service.grant_role(session, member_id, "admin", NOW)
    assert not lives(token, NOW + timedelta(days=1))


def test_signing_out_ends_one_session_or_all(app: Flask) -> None:
    member_id, first = a_session()
    with writing() as session:
        second, third = (service.open_session(session, member_id, now=NOW) for _ in range(2))
        seen = sessions.look_up(session.connection(), first, NOW)
        assert seen is not None
        service.end_session(session, seen.session_id, NOW)
    assert [lives(token, NOW) for token in (first, second, third)] == [False, True, True]
    with writing() as session:
        service.end_all_sessions(session, member_id, NOW)
    assert [lives(token, NOW) for token in (second, third)] == [False, False]


def test_the_token_is_nowhere_in_the_database(app: Flask) -> None:
    _, token = a_session()
    with reading() as session:
        digest = session.scalars(select(SignInSession.digest)).one()
    assert token.encode() not in digest
    assert not lives(digest.hex(), NOW)


def test_proven_affiliations_are_roles_while_they_hold(app: Flask) -> None:
    member_id, token = a_session()
    with writing() as session:
        affiliation = service.add_affiliation(
            session, member_id, institution_code="laurea", role="student", study_region=None
        )
        service.prove(
            session, affiliation.id, source="register", valid_from=NOW.date(), valid_until=NOW.date(), now=NOW,
            recorded_by=None,
        )  # fmt: skip
    with reading() as session:
        today = service.actor_of_token(session, token, NOW)
        tomorrow = service.actor_of_token(session, token, NOW + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert (today.roles, tomorrow.roles) == (frozenset({"student"}), frozenset())


def test_what_is_spent_is_swept_out_and_what_lives_is_not(app: Flask, settings: Settings) -> None:
    member_id, kept = a_session()
    with writing() as session:
        service.open_session(session, member_id, now=NOW - timedelta(days=70))
    entrance.ask_for_code("aino@example.org", Visitor("192.0.2.1", "en"), settings, NOW)
    assert jobs.sweep(settings, NOW) == 1, "the session that nobody used for 70 days"
    assert jobs.sweep(settings, NOW + timedelta(minutes=16)) == 3, "the code, and the counts for address and client"
    assert lives(kept, NOW)
