"""Staff change their own password, and what the old one opened ends."""

from collections.abc import Callable
from typing import Any, Literal
from unicodedata import normalize

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.actors import a_token
from tests.world.browsers import Browser
from tests.world.people import a_member, a_person, signed_in
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail.models import OutboxMail
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import first_values
from zone.members.passwords import service
from zone.members.passwords.rules import MOST_PASSWORD
from zone.members.people import queries as people_queries
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens import service as tokens

EMAIL = "tiina@example.org"
FIRST = "seven quiet lamps outside"
SECOND = "tuoli pilvi kaappi meri"


@pytest.fixture
def staff_id(app: Flask) -> int:
    """Somebody with the role manager and no password yet."""
    with writing() as session:
        member = a_member(session, email=EMAIL, name="Tiina Tiskilla")
        roles.grant_role(session, member.id, "manager", utc_now())
        return member.id


def change(client: FlaskClient, password: str, current: str = "") -> Any:
    return client.post("/api/v1/me/password", json={"password": password, "current": current})


def signs_in(settings: Settings, password: str) -> bool:
    try:
        return bool(Browser().enter_password(settings, EMAIL, password, utc_now()).token)
    except DomainError:
        return False


def mails_about_the_password() -> int:
    query = select(OutboxMail.id).where(OutboxMail.template == "members/password_changed")
    with reading() as session:
        return len(session.scalars(query).all())


def test_staff_set_and_change_their_password(app: Flask, settings: Settings, staff_id: int) -> None:
    me = signed_in(app, staff_id)
    assert change(me, FIRST).status_code == 200
    assert signs_in(settings, FIRST)
    assert change(me, SECOND).get_json()["code"] == "current_password_wrong"
    assert change(me, SECOND, "wrong wrong wrong").status_code == 403
    assert change(me, SECOND, FIRST).status_code == 200
    assert (signs_in(settings, FIRST), signs_in(settings, SECOND)) == (False, True)
    assert mails_about_the_password() == 2
    changes = select(AuditRow.actor_id, AuditRow.before, AuditRow.after).where(
        AuditRow.action == "password.change"
    )
    with reading() as session:
        rows = session.execute(changes.order_by(AuditRow.id)).all()
    assert [tuple(row) for row in rows] == [
        (staff_id, '{"password": false}', '{"sessions_ended": 0, "tokens_revoked": 0}'),
        (staff_id, '{"password": true}', '{"sessions_ended": 1, "tokens_revoked": 0}'),
    ]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_password_is_refused_rather_than_cut(
    app: Flask, settings: Settings, staff_id: int, language: str
) -> None:
    me, longest = signed_in(app, staff_id), "".join(map(str, range(1000)))[:MOST_PASSWORD]
    for typed, status in ((longest + "x", 422), (longest, 303)):
        page = f"/me/password?lang={language}"
        answer = me.post(page, data={"current": "", "password": typed})
        assert answer.status_code == status
        assert ("1000" in answer.text) == (status == 422)
        assert signs_in(settings, typed) == (status == 303)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("chosen", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_a_letter_with_dots_is_the_same_on_every_keyboard(
    app: Flask, settings: Settings, staff_id: int, chosen: Literal["NFC"], typed: Literal["NFC"]
) -> None:
    password = "kesäinen yölumi åkerfält"
    answer = change(signed_in(app, staff_id), normalize(chosen, password))
    assert answer.status_code == 200
    assert signs_in(settings, normalize(typed, password))
    assert not signs_in(settings, password.replace("ä", "a"))


@pytest.mark.engines("sqlite")
def test_a_password_of_before_still_signs_in(app: Flask, settings: Settings, staff_id: int) -> None:
    typed = normalize("NFD", "kesäinen yölumi åkerfält")
    with writing() as session:
        service.replace_password(session, staff_id, service.HASHER.hash(typed), utc_now())
    assert signs_in(settings, typed)


def check_a_new_password_ends_what_the_old_one_opened(app: Flask, staff_id: int) -> None:
    """Check that other sessions and API tokens end, and that the session that asks goes on."""
    me, other = signed_in(app, staff_id), signed_in(app, staff_id)
    program = app.test_client()
    headers = {"Authorization": f"Bearer {a_token(staff_id, 'people:read')}"}
    path, search = "/api/v1/members/searches", {"email": EMAIL}
    assert program.post(path, json=search, headers=headers).status_code == 200
    answer = change(me, FIRST)
    assert answer.get_json() == {"sessions_ended": 1, "tokens_revoked": 1}
    assert (me.get("/api/v1/me").status_code, other.get("/api/v1/me").status_code) == (200, 401)
    assert program.post(path, json=search, headers=headers).status_code == 401


def test_a_new_password_ends_what_the_old_one_opened(app: Flask, staff_id: int) -> None:
    check_a_new_password_ends_what_the_old_one_opened(app, staff_id)


@pytest.mark.planted_fault("API tokens outlive a password reset")
def test_tokens_that_outlive_a_reset_fail_the_check(
    app: Flask, staff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "revoke_tokens_of", lambda *_: 1)
    with pytest.raises(AssertionError):
        check_a_new_password_ends_what_the_old_one_opened(app, staff_id)


def test_a_reset_by_the_operator_ends_them_too(app: Flask, staff_id: int) -> None:
    me = signed_in(app, staff_id)
    headers = {"Authorization": f"Bearer {a_token(staff_id, 'people:read')}"}
    with writing() as session:
        done = roles.create_admin(session, email=EMAIL, name="Other", password=FIRST, now=utc_now())
    assert (done.is_new, done.was_admin) == (False, False)
    assert (done.ended.sessions, done.ended.tokens) == (1, 1)
    assert me.get("/api/v1/me").status_code == 401
    program = app.test_client()
    search = program.post("/api/v1/members/searches", json={"email": EMAIL}, headers=headers)
    assert search.status_code == 401
    with reading() as session:
        row = session.execute(
            select(AuditRow.actor_id, AuditRow.before, AuditRow.after).where(
                AuditRow.action == "admin.create"
            )
        ).one()
        member = people_queries.member_by_id(session, staff_id)
    assert row.actor_id is None
    assert row.before == '{"account": true, "admin": false}'
    assert '"sessions_ended": 1, "tokens_revoked": 1' in row.after
    assert member.name == "Tiina Tiskilla", "the name stays"
    assert mails_about_the_password() == 1


def test_the_operator_resets_a_password_of_staff_only(
    app: Flask, settings: Settings, staff_id: int
) -> None:
    me = signed_in(app, staff_id)
    change(me, FIRST)
    with writing() as session:
        ended = roles.reset_password(session, email=EMAIL, password=SECOND, now=utc_now())
    assert ended.sessions == 1
    assert me.get("/api/v1/me").status_code == 401
    assert (signs_in(settings, FIRST), signs_in(settings, SECOND)) == (False, True)
    assert mails_about_the_password() == 2
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert [action for action in actions if action.startswith("password")] == [
        "password.change",
        "password.reset",
    ]
    with writing() as session:
        a_member(session, email="student@example.org")
    for nobody in ("student@example.org", "nobody@example.org"):
        with pytest.raises(DomainError, match="not_found"), writing() as session:
            roles.reset_password(session, email=nobody, password=SECOND, now=utc_now())


def test_a_password_change_is_for_staff(app: Flask) -> None:
    student = a_person(app)
    assert change(student, FIRST).status_code == 403
    assert student.get("/me/password").status_code == 403
    assert "/me/password" not in student.get("/me").text
    for role in ("instructor", "desk", "manager", "admin"):
        assert "/me/password" in a_person(app, role).get("/me").text


def test_the_own_name_is_refused(app: Flask, staff_id: int) -> None:
    me = signed_in(app, staff_id)
    for trivial in ("tiinatiskilla1", "passwordpassword", "Zone2026Zone!", "short"):
        refused = change(me, trivial)
        assert refused.status_code == 422, trivial
        assert refused.get_json()["code"] in ("password_guessable", "password_weak")
    assert mails_about_the_password() == 0


def test_guessing_the_current_password_is_limited(
    app: Flask, settings: Settings, staff_id: int
) -> None:
    me = signed_in(app, staff_id)
    change(me, FIRST)
    codes = {change(me, SECOND, f"guess number {n}").get_json()["code"] for n in range(25)}
    assert codes == {"current_password_wrong", "too_many_requests"}
    refused = change(me, SECOND, FIRST)
    if refused.status_code == 429:  # unless a window began meanwhile
        assert int(refused.headers["Retry-After"]) > 0
    assert signs_in(settings, FIRST) or refused.status_code == 200, "the sign-in goes on"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_changes_at_once_one_is_done(app: Flask, staff_id: int) -> None:
    with writing() as session:
        sign_in_sessions.open_session(session, staff_id, now=utc_now())
        public_id = people_queries.member_by_id(session, staff_id).public_id
    actor = Actor("person", staff_id, public_id, frozenset({"manager"}))
    hashed = [
        service.hash_new_password(words, name="", email="", service="") for words in (FIRST, SECOND)
    ]

    def store(password_hash: str) -> None:
        with writing() as session:
            service.change_own_password(
                session, actor, password_hash, utc_now(), replaced_hash=None
            )

    found = outcomes(app, [lambda one=one: store(one) for one in hashed])  # type: ignore[misc] # bound now
    assert found["done"] == 1
    assert sum(found.values()) == 2


@pytest.mark.engines("sqlite")
def test_the_page_changes_a_password_in_every_language(
    app: Flask, settings: Settings, staff_id: int
) -> None:
    me = signed_in(app, staff_id)
    for language in ("fi", "sv", "en"):
        page = me.get(f"/me/password?lang={language}")
        assert (page.status_code, 'name="current"' in page.text) == (200, False)
    weak = me.post("/me/password", data={"password": "zonezonezone"})
    assert (weak.status_code, 'aria-invalid="true"' in weak.text) == (422, True)
    spaced = "  seven  quiet lamps outside "
    assert me.post("/me/password", data={"password": spaced}).status_code == 303
    assert signs_in(settings, spaced), "spaces belong to a password"
    assert 'role="status"' in me.get("/me/password?done=1").text
    wrong = me.post("/me/password", data={"current": "no", "password": SECOND})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (403, 1)
    for page in (weak, wrong):
        assert spaced not in page.text
        assert SECOND not in page.text


@pytest.mark.engines("sqlite")
def test_the_name_that_the_service_has_given_itself_is_no_password(
    app: Flask, settings: Settings, staff_id: int
) -> None:
    """By every way in which a password is set."""
    named = first_values(settings).values | {"name": "Hyvinvointi-Areena"}
    with writing() as session:
        session.add(ServiceProfileRow(id=1, **named))
    ways: dict[str, Callable[[Session], object]] = {
        "create": lambda session: roles.create_admin(
            session, email=EMAIL, name="", password="hyvinvointiareena", now=utc_now()
        ),
        "reset": lambda session: roles.reset_password(
            session, email=EMAIL, password="Areena hyvinvointi", now=utc_now()
        ),
    }
    for way, work in ways.items():
        with pytest.raises(DomainError, match="password_guessable"), writing() as session:
            work(session)
        assert not signs_in(settings, "hyvinvointiareena"), way
    refused = change(signed_in(app, staff_id), "Hyvinvointi-Areena!")
    assert refused.get_json()["code"] == "password_guessable"
