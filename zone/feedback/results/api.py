"""Results of closed surveys as JSON."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.feedback.answers.views import words_of
from zone.feedback.results import queries
from zone.feedback.results.queries import QuestionResults
from zone.feedback.results.schemas import ResultsSchema
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys.models import Survey
from zone.web.auth import may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.refusals import refuses

api = Blueprint("feedback_results", __name__, tag="feedback")


@api.get("/surveys/<code>/results")
@api.response(200, ResultsSchema)
@may(Permission.FIGURES_READ)
@refuses(NOT_FOUND)
def results(code: str) -> dict[str, Any]:
    """What was answered, once the survey is closed; nothing about fewer than five people."""
    now = utc_now()
    with reading() as session:
        survey: Survey = surveys_queries.survey_by_code(session, code)
        questions = [_result(item) for item in queries.all_results(session, survey.id, now)]
        return {
            "code": code,
            "questions": questions,
            "campuses": queries.wave_results(session, survey.id, now).campuses,
        }


def _result(item: QuestionResults) -> dict[str, Any]:
    return {
        "code": item.question.code,
        "text": words_of(item.question, "text", language()),
        "n": item.n,
        "figures": item.cell,
        "words": item.words,
    }
