"""Each answer of the API in any test is compared with the document of the API."""

from functools import wraps
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.documented import UndocumentedAnswerError
from tests.world.people import a_member, signed_in
from zone.core.db.transactions import writing

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def person(app: Flask) -> FlaskClient:
    with writing() as session:
        member = a_member(session).id
    return signed_in(app, member)


def check_as_documented(person: FlaskClient) -> None:
    """Ask once; the guard of the test run compares the answer."""
    assert person.get("/api/v1/me").status_code < 500


def test_an_answer_as_documented_passes(person: FlaskClient) -> None:
    check_as_documented(person)


@pytest.mark.planted_fault("an answer that the document does not describe")
@pytest.mark.parametrize(
    "answer", [{"name": None}, ({}, 202), ("Anna", 200, {"Content-Type": "a/b"})]
)
def test_another_answer_fails_the_check(
    app: Flask, person: FlaskClient, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    view = app.view_functions["members_people.show_me"]
    monkeypatch.setitem(app.view_functions, "members_people.show_me", wraps(view)(lambda: answer))
    with pytest.raises(UndocumentedAnswerError, match="members_show_me answers"):
        check_as_documented(person)
