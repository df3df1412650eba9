"""Sessions: how long they live, and how they end."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import a_member
from zone.core.config import Settings
from zone.core.db.transactions import open_read_connection, reading, writing
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.roles import service as roles_service
from zone.members.sign_in import flows as sign_in_flows
from zone.members.sign_in.flows import SignInAttempt
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.operation.jobs import jobs as operation_jobs

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)


def a_session(*roles: str) -> tuple[int, str]:
    """A person with these service roles, signed in; their id and token."""
    with writing() as session:
        member = a_member(session)
        for role in roles:
            roles_service.grant_role(session, member.id, role, NOW)
        return member.id, sign_in_sessions.open_session(session, member.id, now=NOW)


def lives(token: str, now: datetime) -> bool:
    with reading() as session:
        return sign_in_sessions_queries.actor_of_token(session, token, now) is not None


@pytest.mark.parametrize(
    ("roles", "life"), [((), timedelta(days=30)), (("desk",), timedelta(hours=12))]
)
def test_a_session_lives_as_long_as_its_roles_allow(
    app: Flask, roles: tuple[str, ...], life: timedelta
) -> None:
    _, token = a_session(*roles)
    assert lives(token, NOW + life - timedelta(seconds=1))
    assert not lives(token, NOW + life)


def test_use_slides_the_end_of_a_session(app: Flask) -> None:
    _, token = a_session("desk")
    with open_read_connection() as connection:
        early = sign_in_sessions_queries.find_session(connection, token, NOW + timedelta(minutes=1))
        late = sign_in_sessions_queries.find_session(connection, token, NOW + timedelta(hours=11))
    assert early is not None
    assert late is not None
    assert (early.stale, late.stale) == (False, True), "not written at every request"
    with writing() as session:
        sign_in_sessions.note_use(session, late.session_id, NOW + timedelta(hours=11))
    assert lives(token, NOW + timedelta(hours=22))


def test_a_role_given_later_shortens_the_session_at_once(app: Flask) -> None:
    member_id, token = a_session()
    assert lives(token, NOW + timedelta(days=1))
    with writing() as session:
        roles_service.grant_role(session, member_id, "admin", NOW)
    assert not lives(token, NOW + timedelta(days=1))


def test_signing_out_ends_one_session_or_all(app: Flask) -> None:
    member_id, first = a_session()
    with writing() as session:
        second, third = (
            sign_in_sessions.open_session(session, member_id, now=NOW) for _ in range(2)
        )
        live = sign_in_sessions_queries.find_session(session.connection(), first, NOW)
        assert live is not None
        sign_in_sessions.end_session(session, live.session_id, NOW)
    assert [lives(token, NOW) for token in (first, second, third)] == [False, True, True]
    with writing() as session:
        sign_in_sessions.end_all_sessions(session, member_id, NOW)
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
        affiliation = affiliations.add_affiliation(
            session, member_id, institution_code="laurea", role="student", study_region=None
        )
        eligibility.add_proof(
            session,
            affiliation.id,
            source="register",
            valid_from=NOW.date(),
            valid_until=NOW.date(),
            now=NOW,
            recorded_by=None,
        )
    with reading() as session:
        today = sign_in_sessions_queries.actor_of_token(session, token, NOW)
        tomorrow = sign_in_sessions_queries.actor_of_token(session, token, NOW + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert (today.roles, tomorrow.roles) == (frozenset({"student"}), frozenset())


def test_ended_sessions_expired_codes_and_attempts_are_deleted(
    app: Flask, settings: Settings
) -> None:
    member_id, live_token = a_session()
    with writing() as session:
        sign_in_sessions.open_session(session, member_id, now=NOW - timedelta(days=70))
    sign_in_flows.send_code("aino@example.org", SignInAttempt("192.0.2.1", "en"), settings, NOW)
    assert sign_in_sessions_jobs.delete_expired(settings, NOW) == 1, (
        "the session that nobody used for 70 days"
    )
    later = NOW + timedelta(minutes=16)
    assert sign_in_sessions_jobs.delete_expired(settings, later) == 1, "the code"
    assert operation_jobs.delete_old_rows(settings, later) == 2, "the counts for address and client"
    assert lives(live_token, NOW)
