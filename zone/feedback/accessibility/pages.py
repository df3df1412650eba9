"""The accessibility statement, its feedback form, and the managers' list of feedback."""

import uuid
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_public_id
from zone.feedback.accessibility import flows, queries, service
from zone.feedback.accessibility.schemas import (
    LONGEST,
    AccessibilityAnswerSchema,
    FeedbackFormSchema,
)
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, public
from zone.web.context import client_address, current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.looks import note_look

pages: Final = Blueprint("feedback_accessibility_pages", __name__, template_folder="templates")


@pages.get("/accessibility")
@public
def statement() -> str:
    """Show the accessibility statement."""
    return render_template("feedback/accessibility/statement.html", **queries.statement())


@pages.get("/accessibility/feedback")
@public
def feedback_form() -> str:
    """Show the form for feedback on accessibility."""
    return _render_form(FormState())


@pages.post("/accessibility/feedback")
@public
def send_feedback() -> BaseResponse:
    """Store feedback from anybody, once for its form."""
    schema = FeedbackFormSchema()
    typed = forms.read(schema)
    try:
        data = forms.validate(schema, typed)
        flows.send(
            public_id=data["form"],
            message=data["message"],
            email=data["email"],
            language=language(),
            client=client_address(request),
            settings=current_settings(),
            now=utc_now(),
        )
    except DomainError as refusal:
        return forms.refused(_render_form, refusal, typed, "")
    return redirect("/accessibility/feedback?done=sent", 303)


def _render_form(form: FormState) -> str:
    sentences = {
        "message": _("Write what is hard to use, in at most 4000 letters."),
        "email": _("Write the e-mail address as name@example.org, or leave it empty."),
        "form": _("Open the form again, and send it once more."),
    }
    known = form.values.get("form") if "form" not in form.errors else None
    return render_template(
        "feedback/accessibility/feedback.html",
        form=form,
        form_id=known or new_public_id(),
        longest=LONGEST,
        refusals=form.sentences(sentences),
        done=one_time.done() is not None,
    )


@pages.get("/manage/accessibility")
@may(Permission.SERVICE_WRITE)
def all_feedback() -> str:
    """Show all feedback with its due date."""
    return _render_list(FormState())


@pages.post("/manage/accessibility/<uuid:feedback_id>")
@may(Permission.SERVICE_WRITE)
@shows_again
def answer(feedback_id: uuid.UUID) -> BaseResponse:
    """Answer feedback, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.answer(session, current_actor(), feedback_id, text=data["answer"], now=utc_now())
        return {}

    return forms.handle(
        AccessibilityAnswerSchema(),
        work,
        page=lambda state: _render_list(state, feedback_id),
        then=_to_list,
    )


def _to_list(_result: Data) -> str:
    return "/manage/accessibility?done=answered"


def _render_list(form: FormState, answered: uuid.UUID | None = None) -> str:
    note_look("accessibility_feedback.view", "accessibility_feedback")
    with reading() as session:
        rows = queries.feedback(session, utc_now())
    return render_template(
        "feedback/accessibility/manage_accessibility.html",
        rows=rows,
        form=form,
        answered=answered,
        longest=LONGEST,
        refusals=form.sentences({"answer": _("Write the answer, in at most 4000 letters.")}),
        done=one_time.done() is not None,
    )
