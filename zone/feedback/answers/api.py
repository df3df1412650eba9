"""JSON of answering surveys.

An answer takes no Idempotency-Key: the stored request would be a second, readable copy of it.
"""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.feedback.answers import service
from zone.feedback.answers.errors import (
    SURVEY_ANSWER_INVALID,
    SURVEY_ANSWERED,
    SURVEY_NOT_FOR_YOU,
    SURVEY_NOT_OPEN,
)
from zone.feedback.answers.queries import open_surveys, survey_view
from zone.feedback.answers.schemas import OpenSurveysSchema, SheetSchema, SurveySchema, ThanksSchema
from zone.feedback.surveys import queries as surveys_queries
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.refusals import refuses

api = Blueprint("feedback_answers", __name__, tag="feedback")


@api.get("/surveys/<code>")
@api.response(200, SurveySchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND)
def survey(code: str) -> Any:
    """A survey with its questions, and whether one can answer it."""
    with reading() as session:
        return survey_view(session, code, current_actor().id, language(), utc_now())


@api.post("/surveys/<code>/answers")
@api.arguments(SheetSchema)
@api.response(201, ThanksSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, SURVEY_NOT_OPEN, SURVEY_NOT_FOR_YOU, SURVEY_ANSWERED, SURVEY_ANSWER_INVALID)
def give_answers(data: dict[str, Any], code: str) -> dict[str, str]:
    """Answer a survey, once. What is answered is sealed at once and mixed with at least 19 others
    before it is read.
    """
    with writing() as session:
        service.answer_survey(
            session,
            member_id=current_actor().id,
            survey_id=surveys_queries.survey_by_code(session, code).id,
            answers=data["answers"],
            campus=data["campus"],
            now=utc_now(),
        )
    return {"state": "answered"}


@api.get("/me/surveys")
@api.response(200, OpenSurveysSchema)
@may(Permission.OWN_ACCOUNT)
def my_surveys() -> dict[str, Any]:
    """The surveys that one may answer now and has not answered yet."""
    with reading() as session:
        return {"surveys": open_surveys(session, current_actor().id, utc_now())}
