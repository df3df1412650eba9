"""The survey over HTTP: JSON for programs, one form for a phone."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.world.people import a_browser
from tests.world.surveys import a_holder, count, new_survey
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys import service as surveys
from zone.places.campuses.models import Campus

CODE = "spring-2026"
GOOD: dict[str, Any] = {
    "answers": {"overall": 4, "classes": "cant_say", "words": "Lisää iltatunteja"}
}


@pytest.fixture
def survey(app: Flask, settings: Settings) -> None:
    """A survey that is open today."""
    now = utc_now()
    with writing() as session:
        session.add(Campus(code="pasila", name="Haaga-Helia Pasila"))
        new = new_survey(
            opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1), by_campus=True
        )
        surveys.open_survey(session, new, settings=settings, now=now)


def send(client: FlaskClient, body: dict[str, Any] = GOOD) -> TestResponse:
    return client.post(f"/api/v1/surveys/{CODE}/answers", json=body)


pytestmark = [pytest.mark.usefixtures("survey"), pytest.mark.engines("sqlite")]


def test_a_person_sees_the_questions_in_their_language(app: Flask) -> None:
    body = a_holder(app).get(f"/api/v1/surveys/{CODE}?lang=sv").get_json()
    assert (body["title"], body["state"], body["campuses"]) == ("Vårenkät", "open", ["pasila"])
    assert [(q["code"], q["kind"], q["is_key"]) for q in body["questions"]] == [
        ("overall", "grade", True),
        ("classes", "grade", False),
        ("words", "text", False),
    ]


def test_answers_are_taken_once(app: Flask) -> None:
    client = a_holder(app)
    assert send(client, GOOD | {"campus": "pasila"}).status_code == 201
    again = send(client)
    assert (again.status_code, again.get_json()["code"]) == (409, "survey_answered")
    assert client.get(f"/api/v1/surveys/{CODE}").get_json()["state"] == "answered"
    assert (count(Participation), count(SealedAnswer), count(SurveyAnswer)) == (1, 1, 0)


BAD: list[dict[str, Any]] = [
    {"answers": {"overall": 6}},
    {"answers": {"classes": 4}},
    {"answers": {"overall": [4]}},
    {"answers": {"overall": 4.0}},
    {"answers": {"overall": 4, "words": {"a": 1}}},
    {"answers": {"overall": 4, "x": None}},
    {"answers": {"overall": 4}, "campus": "nowhere"},
    {"answers": {}},
    {"answers": {f"q{n}": 1 for n in range(50)}},
    {},
]


def test_invalid_answers_are_refused_with_a_code(app: Flask) -> None:
    client = a_holder(app)
    for body in BAD:
        answer = send(client, body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), body
        assert answer.get_json()["code"] in {"survey_answer_invalid", "invalid_input"}, body
    assert count(Participation) == 0


def test_a_text_with_half_a_character_is_refused_and_can_be_sent_again(app: Flask) -> None:
    person = a_holder(app)
    assert send(person, {"answers": {"overall": 4, "words": "a\ud800b\x00c"}}).status_code == 422
    assert count(Participation) == 0
    assert send(person, {"answers": {"overall": 4, "words": "abc"}}).status_code == 201


def test_nobody_answers_without_signing_in(app: Flask) -> None:
    assert send(a_browser(app)).status_code == 401
    assert a_browser(app).get(f"/surveys/{CODE}").status_code in {302, 303, 401}


def test_an_unknown_survey_is_not_found(app: Flask) -> None:
    assert a_holder(app).get("/api/v1/surveys/nothing").status_code == 404


def test_only_a_manager_closes_and_the_closing_is_audited_once(
    app: Flask, settings: Settings
) -> None:
    for _ in range(5):
        send(a_holder(app))
    assert a_holder(app, "desk").post(f"/api/v1/surveys/{CODE}/close").status_code == 403
    manager = a_holder(app, "manager")
    closed = manager.post(f"/api/v1/surveys/{CODE}/close")
    assert (closed.status_code, closed.get_json()["participants"]) == (200, 5)
    assert a_holder(app, "manager").post(f"/api/v1/surveys/{CODE}/close").status_code == 200
    assert list(settings.keys.glob("survey-*.key")) == []
    with reading() as session:
        assert (
            session.scalars(select(AuditRow.action).where(AuditRow.object_kind == "survey")).one()
            == "survey.close"
        )


def test_managers_read_the_results_after_closing(app: Flask) -> None:
    for _ in range(5):
        send(a_holder(app), GOOD | {"campus": "pasila"})
    manager = a_holder(app, "manager")
    assert manager.get(f"/api/v1/surveys/{CODE}/results").get_json()["questions"] == []
    manager.post(f"/api/v1/surveys/{CODE}/close")
    body = manager.get(f"/api/v1/surveys/{CODE}/results").get_json()
    overall, classes, words = body["questions"]
    assert overall["figures"] == {"n": 5, "graded": 5, "mean": "4"}
    assert classes["figures"] == {"n": 5, "graded": 0, "mean": None}
    assert words["words"] == ["Lisää iltatunteja"] * 5
    assert body["campuses"]["pasila"]["n"] == 5
    assert a_holder(app).get(f"/api/v1/surveys/{CODE}/results").status_code == 403


def test_few_grades_and_few_answers_are_neither_sent_nor_shown(app: Flask) -> None:
    for number in range(6):
        send(
            a_holder(app),
            {
                "answers": {"overall": 4 if number else "cant_say"}
                | ({} if number else {"classes": 5})
            }
            | {"campus": "pasila"},
        )
    manager = a_holder(app, "manager")
    manager.post(f"/api/v1/surveys/{CODE}/close")
    body = manager.get(f"/api/v1/surveys/{CODE}/results").get_json()
    overall, classes, words = body["questions"]
    assert overall["figures"] == {"n": 6, "graded": None, "mean": None}
    assert [(item["n"], item["figures"]) for item in (classes, words)] == [(None, None)] * 2
    assert body["campuses"] == {}, "shown, its six answers would tell that one could not say"
    page = manager.get(f"/manage/surveys/{CODE}?lang=en").text
    assert page.count("Not shown: too few answers.") == 3


# The page


def form(**fields: str) -> dict[str, str]:
    return {f"q-{name}" if name != "campus" else name: value for name, value in fields.items()}


def test_the_form_is_sent_and_the_page_thanks(app: Flask) -> None:
    client = a_holder(app)
    shown = client.get(f"/surveys/{CODE}?lang=en").text
    assert "Grade for the service?" in shown
    assert "Haaga-Helia Pasila" in shown
    sent = client.post(f"/surveys/{CODE}", data=form(overall="4", words="Kiitos", campus=""))
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/surveys/{CODE}")
    assert "Thank you" in client.get(f"/surveys/{CODE}?lang=en").text
    assert count(SealedAnswer) == 1


def test_a_second_tap_leads_to_the_thanks(app: Flask) -> None:
    client = a_holder(app)
    for _ in range(2):
        assert client.post(f"/surveys/{CODE}", data=form(overall="cant_say")).status_code == 303
    assert count(Participation) == 1


def test_missing_answers_are_marked_and_the_form_keeps_what_was_typed(app: Flask) -> None:
    client = a_holder(app)
    client.get("/?lang=en")
    answer = client.post(f"/surveys/{CODE}", data=form(words="Do not lose <this>", classes="2"))
    assert answer.status_code == 422
    assert "Do not lose &lt;this&gt;" in answer.text
    assert 'id="e-q-overall"' in answer.text
    assert 'id="e-q-classes"' not in answer.text
    assert count(Participation) == 0


def test_a_closed_survey_says_so(app: Flask) -> None:
    client = a_holder(app, "manager")
    client.post(f"/api/v1/surveys/{CODE}/close")
    assert "closed" in client.get(f"/surveys/{CODE}?lang=en").text
    assert client.post(f"/surveys/{CODE}", data=form(overall="4")).status_code == 409
