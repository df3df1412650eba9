"""Surveys as JSON. An answer takes no Idempotency-Key: a kept request would be a second, readable copy of it."""

from typing import Any

from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.feedback import jobs, queries, service
from zone.feedback.models import Survey, SurveyClosing
from zone.feedback.queries import QuestionResults
from zone.feedback.schemas import ClosedSchema, ResultsSchema, SheetSchema, SurveySchema, ThanksSchema
from zone.feedback.views import survey_view, words_of
from zone.http.auth import current_actor, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members.service import audit

api = Blueprint("feedback", __name__, description="Term surveys")


@api.get("/surveys/<code>")
@api.response(200, SurveySchema)
@signed_in
def survey(code: str) -> Any:
    """A survey with its questions, and whether one can answer it.

    Errors: not_found.
    """
    with reading() as session:
        return survey_view(session, code, current_actor().id, language(), utc_now())


@api.post("/surveys/<code>/answers")
@api.arguments(SheetSchema)
@api.response(201, ThanksSchema)
@signed_in
def give_answers(sheet: dict[str, Any], code: str) -> dict[str, str]:
    """Answer a survey, once. What is answered is sealed at once and mixed with at least 19 others before it is read.

    Errors: not_found, survey_not_open, survey_not_for_you, survey_answered, survey_answer_invalid.
    """
    with writing() as session:
        service.answer(
            session, member_id=current_actor().id, survey_id=queries.survey_by_code(session, code).id,
            given=sheet["answers"], campus=sheet["campus"], now=utc_now(),
        )  # fmt: skip
    return {"state": "answered"}


@api.post("/surveys/<code>/close")
@api.response(200, ClosedSchema)
@require("manager")
def close(code: str) -> dict[str, Any]:
    """Close a survey before its time: the last answers are stored, who took part is forgotten, the key erased.

    Errors: not_found, survey_key_missing (nothing is lost; close it where the key is).
    """
    settings, now = current_settings(), utc_now()
    with writing() as session:
        found = queries.survey_by_code(session, code)
        service.close(session, found.id, settings=settings, now=now)
        closing = session.get_one(SurveyClosing, found.id)
        audit(
            session, actor_id=current_actor().id, action="survey.close", object_kind="survey", object_id=code, now=now
        )
    jobs.finish(settings)
    return {"code": code, "closed_at": closing.occurred_at, "participants": closing.participants}


@api.get("/surveys/<code>/results")
@api.response(200, ResultsSchema)
@require("manager", "admin")
@scope("figures:read")
def results(code: str) -> dict[str, Any]:
    """What was answered, once the survey is closed; nothing about fewer than five people.

    Errors: not_found.
    """
    now = utc_now()
    with reading() as session:
        found: Survey = queries.survey_by_code(session, code)
        questions = [_result(item) for item in queries.all_results(session, found.id, now)]
        return {
            "code": code,
            "questions": questions,
            "campuses": queries.wave_results(session, found.id, now).campuses,
        }


def _result(item: QuestionResults) -> dict[str, Any]:
    return {
        "code": item.question.code,
        "text": words_of(item.question, "text", language()),
        "n": item.n,
        "figures": item.cell,
        "words": item.words,
    }
