"""Default deny: every view names who may call it, and guests reach public views only."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule

from tests.world.people import a_browser, a_member, signed_in
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.identity import PERMISSIONS_OF, Role
from zone.members.roles import service as roles
from zone.members.sign_in_sessions.models import SignInSession
from zone.web import auth
from zone.web.auth import PUBLIC, access_of, is_open_to_guests

pytestmark = pytest.mark.engines("sqlite")

VALUES: dict[str, Any] = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}


def calls(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Yield every (rule, method, path) of the application, with invented values in the path."""
    for rule in app.url_map.iter_rules():
        values = {
            name: VALUES.get(type(kind).__name__, "x") for name, kind in rule._converters.items()
        }
        with app.test_request_context():
            built = rule.build(values)
        assert built is not None, rule
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule, method, built[1]


def unmarked(app: Flask) -> list[str]:
    return sorted(
        rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None
    )


def test_every_view_names_who_may_call_it(app: Flask) -> None:
    assert unmarked(app) == []
    assert len(list(calls(app))) > 40, "the walk saw the whole application"


def check_strangers_are_stopped(app: Flask) -> None:
    """Check that without a session every view that is not public answers 401 and does nothing."""
    stranger = a_browser(app)
    for rule, method, path in calls(app):
        if not is_open_to_guests(access_of(app, rule.endpoint)):
            answer = stranger.open(path, method=method)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            assert answer.json is not None
            assert answer.json["code"] == "sign_in_needed"


def test_guests_are_refused_except_at_public_views(app: Flask) -> None:
    check_strangers_are_stopped(app)


@pytest.mark.planted_fault("no guard")
def test_without_the_guard_guests_get_through(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "check", lambda access, actor: None)
    with pytest.raises(AssertionError):
        check_strangers_are_stopped(app)


@pytest.mark.own_database
def test_a_view_without_a_permission_is_refused_even_to_an_admin(app: Flask) -> None:
    @app.get("/planted")
    def planted() -> str:
        return "reached"

    assert unmarked(app) == ["planted"]
    with writing() as session:
        admin = a_member(session)
        roles.grant_role(session, admin.id, "admin", utc_now())
    assert a_browser(app).get("/planted").status_code == 401
    assert signed_in(app, admin.id).get("/planted").status_code == 403


def test_a_student_is_refused_what_staff_may(app: Flask) -> None:
    with writing() as session:
        student = a_member(session)
    browser = signed_in(app, student.id)
    for rule, method, path in calls(app):
        access = access_of(app, rule.endpoint)
        if access != PUBLIC and access not in PERMISSIONS_OF[Role.MEMBER]:
            assert browser.open(path, method=method).status_code == 403, f"{method} {path}"


def test_an_unknown_address_is_not_found_for_everybody(app: Flask) -> None:
    assert a_browser(app).get("/nowhere").status_code == 404


def test_an_unknown_bearer_token_is_a_guest(app: Flask) -> None:
    answer = a_browser(app).get("/api/v1/me", headers={"Authorization": "Bearer invented"})
    assert answer.status_code == 401


def test_one_click_sign_in_exists_in_the_demo_only(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email="demo@example.org", name="Demo Person")
    assert (
        a_browser(app).post("/demo/sign-in", data={"email": "demo@example.org"}).status_code == 404
    )
    demo = create_app(replace(settings, demo=True))
    with demo.app_context():
        browser = a_browser(demo)
        assert "Demo Person" in browser.get("/sign-in").text
        assert (
            browser.post("/demo/sign-in", data={"email": "nobody@example.org"}).status_code == 422
        )
        entered = browser.post("/demo/sign-in", data={"email": "demo@example.org"})
        assert (entered.status_code, entered.location) == (303, "/pass")
        assert browser.get("/api/v1/me").status_code == 200
        db.engine.dispose()


def test_alive_and_ready(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "no-store"


def test_alive_but_not_ready_without_its_database(settings: Settings) -> None:
    app = create_app(
        replace(settings, database_url="postgresql+psycopg://zone@127.0.0.1:9/nothing")
    )
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/readyz").status_code == 503


def test_every_answer_carries_the_headers_that_protect_people(app: Flask) -> None:
    for path in ("/sign-in", "/nowhere", "/api/v1/me", "/healthz", "/static/zone.css"):
        with app.test_client().get(path) as answer:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert "Strict-Transport-Security" not in answer.headers


def test_no_cache_in_between_keeps_personal_data(app: Flask) -> None:
    with writing() as session:
        member = a_member(session)
    assert signed_in(app, member.id).get("/me").headers["Cache-Control"] == "private, no-store"


def test_https_makes_the_cookie_a_host_cookie(settings: Settings) -> None:
    app = create_app(replace(settings, base_url="https://zone.example.org", demo=True))
    with app.app_context():
        with writing() as session:
            a_member(session, email="demo@example.org")
        browser = app.test_client()
        entered = browser.post(
            "/demo/sign-in", data={"email": "demo@example.org"}, base_url="https://zone.example.org"
        )
        cookie = entered.headers["Set-Cookie"]
        assert cookie.startswith("__Host-zone=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert entered.headers["Strict-Transport-Security"] == "max-age=31536000"
        db.engine.dispose()


def test_on_localhost_the_cookie_has_a_plain_name(app: Flask, settings: Settings) -> None:
    with writing() as session:
        member = a_member(session)
    browser = signed_in(app, member.id)
    left = browser.post("/sign-out")
    assert left.headers["Set-Cookie"].startswith("zone=;")
    assert left.headers["Clear-Site-Data"] == '"storage"'
    assert browser.get("/api/v1/me").status_code == 401


def test_use_of_a_session_is_recorded_at_intervals(app: Flask) -> None:
    with writing() as session:
        member = a_member(session)
    browser = signed_in(app, member.id)
    three_days_ago = utc_now() - timedelta(days=3)
    with writing() as session:
        session.execute(update(SignInSession).values(seen_at=three_days_ago))
    assert browser.get("/api/v1/me").status_code == 200
    with reading() as session:
        assert session.scalars(select(SignInSession.seen_at)).one() > three_days_ago + timedelta(
            days=2
        )


def test_a_session_unused_for_too_long_is_a_guest(app: Flask) -> None:
    with writing() as session:
        member = a_member(session)
    browser = signed_in(app, member.id)
    with writing() as session:
        session.execute(update(SignInSession).values(seen_at=utc_now() - timedelta(days=31)))
    assert browser.get("/api/v1/me").status_code == 401
