"""Another site cannot write with a person's session."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world.people import HOST, a_browser, a_member, signed_in
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people import queries as people_queries
from zone.web import csrf
from zone.web.session_cookie import name_of

pytestmark = pytest.mark.engines("sqlite")

ELSEWHERE = {"Origin": "https://evil.example"}


@pytest.fixture
def member_id(app: Flask) -> int:
    with writing() as session:
        return a_member(session, name="Aino").id


@pytest.fixture
def browser(app: Flask, member_id: int) -> FlaskClient:
    """Return a signed-in browser that names no origin unless a test adds one."""
    client = signed_in(app, member_id)
    del client.environ_base["HTTP_ORIGIN"]
    return client


def rename(browser: FlaskClient, headers: dict[str, str], **form: str) -> TestResponse:
    return browser.post("/me", data={"name": "Changed", **form}, headers=headers)


def name_of_member(member_id: int) -> str:
    with reading() as session:
        return people_queries.member_by_id(session, member_id).name


def check_another_site_cannot_write(browser: FlaskClient, member_id: int) -> None:
    """Check that a form on another site changes nothing, whichever headers it sends."""
    for headers in (
        ELSEWHERE,
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOST},
        {},
    ):
        refused = rename(browser, headers)
        assert refused.status_code == 403, headers
        assert refused.json is not None
        assert refused.json["code"] == "cross_origin"
    assert name_of_member(member_id) == "Aino"


def test_another_site_cannot_write(browser: FlaskClient, member_id: int) -> None:
    check_another_site_cannot_write(browser, member_id)


@pytest.mark.planted_fault("the origin is not checked")
def test_without_the_check_another_site_writes(
    browser: FlaskClient, member_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_pass: Callable[..., None] = lambda request, settings: None  # noqa: E731 -- the fault itself
    monkeypatch.setattr(csrf, "check", let_pass)
    with pytest.raises(AssertionError):
        check_another_site_cannot_write(browser, member_id)


@pytest.mark.parametrize("headers", [{"Origin": HOST}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_pages_write(browser: FlaskClient, member_id: int, headers: dict[str, str]) -> None:
    assert rename(browser, headers).status_code == 303
    assert name_of_member(member_id) == "Changed"


def test_a_program_shows_the_token_of_its_session(browser: FlaskClient, member_id: int) -> None:
    me = browser.get("/api/v1/me").json
    assert me is not None
    token = me["csrf_token"]
    assert rename(browser, {}, csrf_token=token).status_code == 303
    assert rename(browser, {"X-CSRF-Token": token}).status_code == 303
    assert rename(browser, {"X-CSRF-Token": token[::-1]}).status_code == 403
    assert rename(browser, {"X-CSRF-Token": "å"}).status_code == 403


def test_the_token_does_not_give_the_session_away(browser: FlaskClient, settings: Settings) -> None:
    cookie = browser.get_cookie(name_of(settings))
    assert cookie is not None
    me = browser.get("/api/v1/me").json
    assert me is not None
    assert cookie.value not in me["csrf_token"]
    assert me["csrf_token"] == csrf.token_of(cookie.value)


def test_reading_needs_no_proof(browser: FlaskClient) -> None:
    assert browser.get("/me", headers=ELSEWHERE).status_code == 200


def test_a_bearer_token_needs_no_proof_and_does_not_borrow_the_cookie(
    browser: FlaskClient, member_id: int
) -> None:
    answer = rename(browser, {"Authorization": "Bearer invented", **ELSEWHERE})
    assert answer.status_code == 401
    assert name_of_member(member_id) == "Aino"


def test_nobody_is_signed_in_from_another_site(app: Flask) -> None:
    browser = app.test_client()
    knock = browser.post("/sign-in/code", data={"email": "a@example.org"}, headers=ELSEWHERE)
    assert knock.status_code == 403
    assert a_browser(app).post("/sign-in/code", data={"email": "a@example.org"}).status_code == 200


def test_the_address_that_people_reach_is_ours_behind_a_proxy(
    app: Flask, settings: Settings
) -> None:
    public = {"Origin": settings.base_url, "Host": "10.0.0.7:8000"}
    assert (
        app.test_client()
        .post("/sign-in/code", data={"email": "a@example.org"}, headers=public)
        .status_code
        == 200
    )
