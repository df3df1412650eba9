"""Who knows the old password keeps nothing that they begin while it is replaced."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.browsers import Browser
from tests.world.people import a_member
from tests.world.races import settled
from zone.access.credentials import service as credentials
from zone.core import secrets
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.members.email_changes import flows as email_changes_flows
from zone.members.email_changes.flows import Requester
from zone.members.email_changes.models import EmailChange
from zone.members.email_changes.service import code_digest
from zone.members.passwords import flows as passwords_flows
from zone.members.passwords import service as passwords
from zone.members.people import queries as people_queries
from zone.members.roles import service as roles
from zone.members.sign_in.flows import KEY_FILE
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.tokens import service as tokens
from zone.members.tokens.models import ApiToken

EMAIL = "tiina@example.org"
THIEFS, CODE = "thief@example.org", "123456"
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


def change_address(settings: Settings, thief: Actor) -> None:
    """Confirm an address to which the code was sent before."""
    requester = Requester(thief.id, "192.0.2.1", session_id=thief.session_id)
    email_changes_flows.confirm_change(requester, CODE, settings, utc_now())


def ask_for_change(settings: Settings, thief: Actor) -> None:
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    with writing() as session:
        session.add(
            EmailChange(
                member_id=thief.id,
                email=THIEFS,
                digest=code_digest(secret, thief.id, THIEFS, CODE),
                created_at=utc_now(),
            )
        )


def refusals_while(
    app: Flask, end: Callable[[Session], None], begin: Callable[[], None]
) -> list[str]:
    """Return how that is refused which begins while a transaction ends something."""
    answers = list[str]()

    def try_it() -> None:
        with app.app_context():
            try:
                begin()
            except DomainError as refusal:
                answers.append(refusal.code)

    thread = threading.Thread(target=try_it)
    with writing() as session:
        end(session)
        thread.start()
        settled(thread)
    thread.join()
    return answers


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (sign_in, "password_wrong"),
        (make_token, "sign_in_needed"),
        (change, "current_password_wrong"),
        (change_address, "sign_in_needed"),
    ],
)
def test_what_the_old_password_begins_while_it_is_reset_is_refused(
    app: Flask,
    settings: Settings,
    thief: Actor,
    act: Callable[[Settings, Actor], None],
    answer: str,
) -> None:
    ask_for_change(settings, thief)

    def reset(session: Session) -> None:
        roles.reset_password(session, email=EMAIL, password=NEW, now=utc_now())

    answers = refusals_while(app, reset, partial(act, settings, thief))
    with reading() as session:
        live = (
            select(func.count()).where(SignInSession.revoked_at.is_(None)),
            select(func.count()).where(ApiToken.revoked_at.is_(None)),
        )
        assert [session.scalar(one) for one in live] == [0, 0]
        member = people_queries.member_by_id(session, thief.id)
        assert member.email == EMAIL
        checked = passwords.check_password(session, email=member.email, password=NEW)
    assert (answers, checked is not None) == ([answer], True)


def sign_out_everywhere(session: Session, thief: Actor) -> None:
    sign_in_sessions.end_all_sessions(session, thief.id, utc_now())


def sign_out_one(session: Session, thief: Actor) -> None:
    """End the thief's session from another browser."""
    row = session.scalars(select(SignInSession)).one()
    sign_in_sessions.end_own_session(session, thief, row.public_id, utc_now())


def replace_phone(session: Session, thief: Actor) -> None:
    credentials.replace_phone(session, thief.id, actor_id=thief.id, now=utc_now())


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("end", [sign_out_everywhere, sign_out_one, replace_phone])
@pytest.mark.parametrize("act", [make_token, change_address])
def test_what_a_session_begins_while_it_is_ended_is_refused(
    app: Flask,
    settings: Settings,
    thief: Actor,
    act: Callable[[Settings, Actor], None],
    end: Callable[[Session, Actor], None],
) -> None:
    ask_for_change(settings, thief)
    answers = refusals_while(
        app, lambda session: end(session, thief), partial(act, settings, thief)
    )
    assert answers == ["sign_in_needed"]
    with reading() as session:
        assert people_queries.member_by_id(session, thief.id).email == EMAIL
        assert session.scalars(select(ApiToken)).all() == []
