"""Hostile text and JSON are refused on both databases, before the view runs."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.actors import a_caller
from tests.world.people import a_member, signed_in
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.members.roles import service as roles
from zone.web import wellformed

UNSTORABLE = ("\x00", "a\x00b", "\ud800", "\udfff\ud800")
UNREADABLE = ("[" * 100_000, '{"email": ' + "9" * 5000 + "}")


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    with writing() as session:
        member = a_member(session)
        for role in ("manager", "desk"):
            roles.grant_role(session, member.id, role, utc_now())
    return signed_in(app, member.id)


def refusals_of(client: FlaskClient) -> list[tuple[int, str | None]]:
    """Return the answers to hostile text in an address, a query, a form and in JSON."""
    claim = {"institution": "metropolia", "role": "student", "study_region": "capital"}
    answers = [
        client.get("/api/v1/surveys/%00"),
        client.get("/buy/%00"),
        client.get("/api/v1/sessions?campus=%00"),
        client.post("/me/affiliations", data=claim | {"institution": "a\x00b"}),
        client.post("/buy/term", data={"key": "\x00"}),
    ]
    bodies: list[tuple[str, Any]] = [
        ("/api/v1/me/affiliations", claim | {name: text})
        for text in UNSTORABLE
        for name in ("institution", "role")
    ]
    bodies += [("/api/v1/orders", {"product": text}) for text in UNSTORABLE]
    bodies += [
        ("/api/v1/sign-in/password", {"email": "a@example.org", "password": text})
        for text in UNSTORABLE
    ]
    bodies += [
        ("/api/v1/surveys/x/answers", {"answers": {"words": [{text: 1}]}}) for text in UNSTORABLE
    ]
    return [
        (answer.status_code, (answer.get_json(silent=True) or {}).get("code"))
        for answer in [*answers, *(client.post(path, json=body) for path, body in bodies)]
    ]


def check_hostile_text_is_refused(client: FlaskClient) -> None:
    """Check that such a text reaches neither a view nor the database."""
    assert set(refusals_of(client)) == {(404, "not_found"), (422, "invalid_input")}


def test_hostile_text_is_refused(manager: FlaskClient) -> None:
    check_hostile_text_is_refused(manager)


def test_a_bridge_is_no_exception_at_open_operations(app: Flask) -> None:
    answer = app.test_client().get(
        "/api/v1/sessions?campus=%00", headers=a_caller(app, "bridge").headers
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")


@pytest.mark.thorough
@pytest.mark.planted_fault("text is not checked")
def test_without_the_check_hostile_text_reaches_the_database(
    manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wellformed, "check", lambda _request: None)
    with pytest.raises(AssertionError):
        check_hostile_text_is_refused(manager)


@pytest.mark.planted_fault("every body is taken for plain text")
def test_when_every_body_counts_as_plain_hostile_text_reaches_the_database(
    manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wellformed, "_is_plain", lambda _body: True)
    with pytest.raises(AssertionError):
        check_hostile_text_is_refused(manager)


@pytest.mark.parametrize(
    "body",
    [
        b'{"product": "\xed\xa0\x80"}',
        '{"product": "\\u0000"}'.encode("utf-16"),
        b'{"product": "\\uDFFF"}',
    ],
    ids=["a raw surrogate", "UTF-16", "an escape in capitals"],
)
def test_no_short_body_passes_the_check(manager: FlaskClient, body: bytes) -> None:
    answer = manager.post("/api/v1/orders", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("body", UNREADABLE)
def test_json_that_no_reader_can_take_is_a_bad_request(manager: FlaskClient, body: str) -> None:
    answer = manager.post("/api/v1/sign-in/code", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_text_in_every_script_is_accepted(manager: FlaskClient) -> None:
    name = "Åsa 体育 🏸 \u202eabc"
    body = json.dumps({"name": name}, ensure_ascii=True)
    answer = manager.patch("/api/v1/me", data=body, content_type="application/json")
    assert answer.status_code == 200
    assert "🏸" in answer.get_json()["name"]
