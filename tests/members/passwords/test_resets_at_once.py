"""Who knows the old password keeps nothing that they begin while it is replaced."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.browsers import Browser
from tests.world.people import a_member
from tests.world.races import settled
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.members.passwords import flows as passwords_flows
from zone.members.passwords import service as passwords
from zone.members.people import queries as people_queries
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.tokens import service as tokens
from zone.members.tokens.models import ApiToken

EMAIL = "tiina@example.org"
OLD, NEW, THIRD = "seven quiet lamps outside", "tuoli pilvi kaappi meri", "kaivo lumme takka siili"


@pytest.fixture
def thief(app: Flask) -> Actor:
    """Who has signed in as a manager, by the password that they know."""
    now = utc_now()
    with writing() as session:
        member = a_member(session, email=EMAIL, name="Tiina Tiskilla")
        roles.grant_role(session, member.id, "manager", now)
        hashed = passwords.hash_new_password(OLD, name="", email="", service="")
        passwords.replace_password(session, member.id, hashed, now)
        token = sign_in_sessions.open_session(session, member.id, now=now)
    with reading() as session:
        actor = sign_in_sessions_queries.actor_of_token(session, token, now)
    assert actor is not None
    return actor


def sign_in(settings: Settings, _thief: Actor) -> None:
    Browser().enter_password(settings, EMAIL, OLD, utc_now())


def make_token(_settings: Settings, thief: Actor) -> None:
    now = utc_now()
    with writing() as session:
        tokens.make_token(
            session, thief, name="x", scopes=[], expires_at=now + timedelta(days=9), now=now
        )


def change(_settings: Settings, thief: Actor) -> None:
    passwords_flows.change_password(thief, OLD, THIRD, utc_now())


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (sign_in, "password_wrong"),
        (make_token, "sign_in_needed"),
        (change, "current_password_wrong"),
    ],
)
def test_what_the_old_password_begins_while_it_is_reset_is_refused(
    app: Flask,
    settings: Settings,
    thief: Actor,
    act: Callable[[Settings, Actor], None],
    answer: str,
) -> None:
    answers = list[str]()

    def try_it(work: Callable[[], None]) -> None:
        with app.app_context():
            try:
                work()
            except DomainError as refusal:
                answers.append(refusal.code)

    thread = threading.Thread(target=try_it, args=[partial(act, settings, thief)])
    with writing() as session:
        roles.reset_password(session, email=EMAIL, password=NEW, now=utc_now())
        thread.start()
        settled(thread)
    thread.join()
    with reading() as session:
        live = (
            select(func.count()).where(SignInSession.revoked_at.is_(None)),
            select(func.count()).where(ApiToken.revoked_at.is_(None)),
        )
        assert [session.scalar(one) for one in live] == [0, 0]
        member = people_queries.member_by_id(session, thief.id)
        checked = passwords.check_password(session, email=member.email, password=NEW)
    assert (answers, checked is not None) == ([answer], True)
