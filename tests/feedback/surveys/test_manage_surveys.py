"""Running surveys: drafts, stale edits, publishing, audiences, results."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.daytime import day_now
from tests.world.people import a_person
from tests.world.surveys import a_holder, a_pass, count, hold_passes, new_survey
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.feedback.answers.models import Participation, SealedAnswer
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.models import Survey, SurveyDraft
from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import PassEvent

pytestmark = pytest.mark.engines("sqlite")

NOW = day_now()
TODAY = helsinki_date(NOW)


def content(**changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "wave": "spring",
        "year": TODAY.year,
        "title": {"fi": "Kysely", "sv": "Enkät", "en": "Survey"},
        "opens_on": TODAY.isoformat(),
        "closes_on": (TODAY + timedelta(days=10)).isoformat(),
        "audience": "pass",
        "by_campus": False,
        "questions": [
            {
                "kind": "grade",
                "is_key": True,
                "text": {"fi": "Arvosana?", "sv": "Betyg?", "en": "Grade?"},
            }
        ],
    }
    return values | changed


def form(version: int | None = None, **changed: str) -> dict[str, str]:
    typed = content()
    return {
        "version": "" if version is None else str(version),
        "wave": typed["wave"],
        "year": str(typed["year"]),
        "opens_on": typed["opens_on"],
        "closes_on": typed["closes_on"],
        "audience": "pass",
        "key_question": "1",
        **{f"title-{code}": words for code, words in typed["title"].items()},
        **{f"text-1-{code}": words for code, words in typed["questions"][0]["text"].items()},
        **changed,
    }


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def test_a_survey_is_drafted_previewed_and_published(app: Flask, manager: FlaskClient) -> None:
    first, second = (manager.post("/manage/surveys/drafts", data=form(key="one")) for _ in range(2))
    assert first.location == second.location, "two taps, one draft"
    path = first.location.split("?")[0]
    for language, title in (("fi", "Kysely"), ("sv", "Enkät"), ("en", "Survey")):
        assert title in manager.get(f"{path}/preview?lang={language}").text
    version = manager.get("/api/v1/survey-drafts").get_json()["drafts"][0]["version"]
    published, repeated = (
        manager.post(path, data=form(version, publish="1", key="two")) for _ in range(2)
    )
    assert published.location == repeated.location == f"/manage/surveys/spring-{TODAY.year}", (
        "two taps, one survey"
    )
    assert count(SurveyDraft) == 0  # type: ignore[arg-type]  # any model
    assert manager.get(path).status_code == 404
    assert a_holder(app).get(f"/surveys/spring-{TODAY.year}?lang=en").text.count("Grade?") == 1
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions == ["survey.draft", "survey.publish"]


def test_a_stale_edit_is_refused_with_what_changed_and_the_typed_text_stays(
    manager: FlaskClient,
) -> None:
    created = manager.post("/api/v1/survey-drafts", json=content()).get_json()
    other_edit = content(title={"fi": "Toinen", "sv": "Annan", "en": "Theirs"}) | {
        "version": created["version"]
    }
    assert manager.put(f"/api/v1/survey-drafts/{created['id']}", json=other_edit).status_code == 200
    own_form = form(created["version"], **{"title-en": "Mine"})
    refused = manager.post(f"/manage/surveys/drafts/{created['id']}?lang=en", data=own_form)
    assert refused.status_code == 409
    assert 'value="Mine"' in refused.text
    assert "Theirs" in refused.text
    stale = manager.put(
        f"/api/v1/survey-drafts/{created['id']}", json=content() | {"version": created["version"]}
    )
    assert (stale.status_code, stale.get_json()["changed"]) == (409, ["title"])
    discarded = manager.delete(
        f"/api/v1/survey-drafts/{created['id']}?version={created['version']}"
    )
    assert discarded.status_code == 409


def test_every_change_of_a_draft_makes_its_next_version(manager: FlaskClient) -> None:
    draft = manager.post("/api/v1/survey-drafts", json=content()).get_json()
    assert draft["version"] == 1
    path = f"/api/v1/survey-drafts/{draft['id']}"
    bodies = (content(), content(wave="autumn"), content(wave="autumn"))
    versions = [1]
    for body in bodies:
        answer = manager.put(path, json=body | {"version": versions[-1]})
        versions.append(answer.get_json()["version"])
    assert versions == [1, 1, 2, 2], "saving a draft unchanged leaves its version"
    page = manager.post(
        f"/manage/surveys/drafts/{draft['id']}", data=form(2, **{"title-en": "Other"})
    )
    assert page.status_code == 303
    assert manager.get(path).get_json()["version"] == 3


BAD: list[dict[str, Any]] = [
    {"wave": "summer"},
    {"year": "2026"},
    {"year": 1066},
    {"title": {"fi": "a", "sv": "b"}},
    {"title": {"fi": "a", "sv": "b", "en": "x" * 121}},
    {"closes_on": "2020-01-01"},
    {"opens_on": "9999-01-01"},
    {"audience": "everybody"},
    {"questions": []},
    {"questions": [content()["questions"][0] | {"is_key": False}]},
    {"questions": [content()["questions"][0] | {"kind": "text"}]},
    {"questions": [content()["questions"][0]] * 2},
    {"unknown": 1},
]


def test_an_invalid_draft_is_refused_and_not_stored(manager: FlaskClient) -> None:
    for wrong in BAD:
        answer = manager.post("/api/v1/survey-drafts", json=content(**wrong))
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input"), wrong
    bad_forms: tuple[dict[str, Any], ...] = (
        {"year": "soon"},
        {"title-sv": ""},
        {"opens_on": "x"},
        {"text-1-en": ""},
        {"key_question": "7"},
    )
    for typed in bad_forms:
        refused = manager.post("/manage/surveys/drafts", data=form(**typed))
        assert (refused.status_code, "Kysely" in refused.text) == (422, True), typed
    assert count(SurveyDraft) == 0  # type: ignore[arg-type]  # any model


def test_a_wave_has_one_survey_and_past_days_are_refused(manager: FlaskClient) -> None:
    def publish(**changed: Any) -> int:
        created = manager.post("/api/v1/survey-drafts", json=content(**changed)).get_json()
        body = {"version": created["version"]}
        return int(
            manager.post(f"/api/v1/survey-drafts/{created['id']}/publish", json=body).status_code
        )

    assert publish(opens_on="2020-01-01", closes_on="2020-02-01") == 422
    assert [publish(), publish()] == [201, 409]


def test_only_managers_run_surveys(app: Flask, manager: FlaskClient) -> None:
    created = manager.post("/api/v1/survey-drafts", json=content()).get_json()
    paths = (
        "/manage/surveys",
        "/manage/surveys/drafts/new",
        f"/manage/surveys/drafts/{created['id']}",
        f"/manage/surveys/drafts/{created['id']}/preview",
        "/api/v1/surveys",
        "/api/v1/survey-drafts",
    )
    for path in paths:
        assert a_person(app, "desk").get(path).status_code == 403
        for language in ("fi", "sv", "en"):
            assert manager.get(f"{path}?lang={language}").status_code == 200


# Audiences


@pytest.fixture
def survey(app: Flask, settings: Settings) -> Survey:
    with writing() as session:
        new = new_survey(opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=1))
        return surveys.open_survey(session, new, settings=settings, now=NOW)


def answered(client: FlaskClient) -> tuple[int, str]:
    answer = client.post("/api/v1/surveys/spring-2026/answers", json={"answers": {"overall": 4}})
    return answer.status_code, answer.get_json().get("code", "")


def test_a_person_outside_the_audience_cannot_answer(app: Flask, survey: Survey) -> None:
    stranger = a_person(app)
    assert answered(stranger) == (403, "survey_not_for_you")
    assert "not for you" in stranger.get("/surveys/spring-2026?lang=en").text
    assert "spring-2026" not in stranger.get("/me").text
    assert (count(Participation), count(SealedAnswer)) == (0, 0)


@pytest.mark.planted_fault("a survey is open to everybody")
def test_a_survey_that_is_open_to_everybody_fails_the_check(
    app: Flask, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys_queries, "is_for", lambda *_: True)
    with pytest.raises(AssertionError):
        test_a_person_outside_the_audience_cannot_answer(app, survey)


def test_a_pass_holder_of_the_term_may_answer_and_is_asked_on_their_page(
    app: Flask, survey: Survey
) -> None:
    holder = a_holder(app)
    assert "/surveys/spring-2026" in holder.get("/me").text
    assert holder.get("/api/v1/me/surveys").get_json()["surveys"][0]["code"] == "spring-2026"
    assert answered(holder) == (201, "")
    assert "/surveys/spring-2026" not in holder.get("/me").text


@pytest.mark.parametrize("why", ["ended before the term", "refunded"])
def test_a_pass_that_does_not_count_lets_nobody_answer(
    app: Flask, survey: Survey, why: str
) -> None:
    hold_passes()
    client = a_person(app)
    with writing() as session:
        newest = session.scalars(select(Member.id).order_by(Member.id.desc())).first() or 0
        pass_ = a_pass(newest, session.scalars(select(Product.id)).first() or 0)
        if why == "ended before the term":
            pass_.starts_on, pass_.ends_on = (
                TODAY - timedelta(days=700),
                TODAY - timedelta(days=400),
            )
        session.add(pass_)
        session.flush()
        if why == "refunded":
            session.add(
                PassEvent(
                    pass_id=pass_.id, kind="refunded", occurred_at=NOW, recorded_at=NOW, by="test"
                )
            )
    assert answered(client) == (403, "survey_not_for_you")


def test_results_show_the_response_rate_and_nothing_of_fewer_than_five(
    app: Flask, manager: FlaskClient, survey: Survey
) -> None:
    holders = [a_holder(app) for _ in range(8)]
    for client in holders[:4]:
        assert answered(client)[0] == 201
    shown = manager.get("/manage/surveys/spring-2026?lang=en").text
    assert "4 of 9" in shown, "the manager has a pass too"
    assert "Close now" in shown
    assert manager.post("/manage/surveys/spring-2026/close").status_code == 303
    closed = manager.get("/manage/surveys/spring-2026?lang=en").text
    assert "Not shown: too few answers." in closed
    assert "4.00" not in closed


def test_an_unknown_survey_is_not_found(manager: FlaskClient) -> None:
    assert manager.get("/manage/surveys/nothing").status_code == 404
    assert manager.post("/manage/surveys/nothing/close").status_code == 404
