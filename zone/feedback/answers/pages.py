"""The page of a survey: one form for a phone, without JavaScript.

The form does not go through `forms.handle`: with a key its content would be stored, readable.
"""

from collections.abc import Callable, Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.feedback.answers import service
from zone.feedback.answers.errors import SURVEY_ANSWER_INVALID, SURVEY_ANSWERED
from zone.feedback.answers.queries import open_surveys, survey_view
from zone.feedback.answers.rules import LONGEST
from zone.feedback.answers.views import OpenSurvey, SurveyView
from zone.web.auth import current_actor, may
from zone.web.kept_form import is_shown_again, not_stored_yet, shows_again
from zone.web.language import language

pages = Blueprint("feedback_answers_pages", __name__, template_folder="templates")
GRADES: Final = {str(number): number for number in range(1, 6)}


@pages.app_context_processor
def offer_open_surveys() -> dict[str, Callable[[], list[OpenSurvey]]]:
    """Offer `open_surveys()` to the templates of lower features, which cannot import this one."""
    return {"open_surveys": own_open_surveys}


def own_open_surveys() -> list[OpenSurvey]:
    """Return the surveys that the reader may answer and has not answered yet."""
    with reading() as session:
        return open_surveys(session, current_actor().id, utc_now())


@pages.get("/surveys/<code>")
@may(Permission.OWN_ACCOUNT)
def survey(code: str) -> str:
    """The questions, the thanks, or the day on which it opens."""
    return _page(_view(code), MultiDict(), frozenset())


@pages.post("/surveys/<code>")
@may(Permission.OWN_ACCOUNT)
@shows_again
def give_answers(code: str) -> Response | tuple[str, int]:
    """Store the answers; a second tap of the button leads to the thanks."""
    view = _view(code)
    if is_shown_again(request):
        return _page(view, request.form, frozenset(), [not_stored_yet()]), 200
    try:
        with writing() as session:
            service.answer_survey(
                session,
                member_id=current_actor().id,
                survey_id=view.id,
                answers=_typed_answers(view, request.form),
                campus=request.form.get("campus") or None,
                now=utc_now(),
            )
    except DomainError as refusal:
        if refusal.reasons[0] is SURVEY_ANSWER_INVALID:
            wrong = frozenset(refusal.params["questions"].split(", "))
            return _page(view, request.form, wrong), SURVEY_ANSWER_INVALID.status
        if refusal.reasons[0] is not SURVEY_ANSWERED:
            raise
    return redirect(f"/surveys/{code}", 303)


def _view(code: str) -> SurveyView:
    with reading() as session:
        return survey_view(session, code, current_actor().id, language(), utc_now())


def _typed_answers(view: SurveyView, form: MultiDict[str, str]) -> dict[str, int | str]:
    typed = {question: form.get(f"q-{question.code}", "") for question in view.questions}
    return {
        question.code: value if question.kind == "text" else GRADES.get(value, value)
        for question, value in typed.items()
        if value
    }


def _page(
    view: SurveyView,
    form: MultiDict[str, str],
    wrong: frozenset[str],
    messages: Sequence[str] = (),
) -> str:
    return render_template(
        "feedback/answers/survey.html",
        survey=view,
        form=form,
        wrong=wrong,
        messages=messages,
        longest=LONGEST,
    )
