"""Pages for staff who run surveys: the list, a draft, its preview, the results."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.i18n import LANGUAGES, OWN_NAMES
from zone.core.identity import Permission
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.feedback.answers.queries import preview_of
from zone.feedback.answers.rules import LONGEST
from zone.feedback.results import queries as results_queries
from zone.feedback.results.rules import shown_mean
from zone.feedback.surveys import flows, queries, rules, service
from zone.feedback.surveys.rules import MOST_QUESTIONS
from zone.feedback.surveys.schemas import DraftFormSchema, DraftSchema, VersionFormSchema
from zone.feedback.surveys.views import (
    BLANK_QUESTIONS,
    question_rows,
    result_view,
)
from zone.web import conflicts, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("feedback_surveys_pages", __name__, template_folder="templates")

USUAL_LENGTH: Final = timedelta(days=29)
ACTIONS: Final = ("discard", "publish")
"""Buttons of the form of a draft besides saving."""


@pages.get("/manage/surveys")
@may(Permission.SURVEYS_WRITE)
def surveys() -> str:
    """The drafts, and every survey with how many answered."""
    with reading() as session:
        return render_template(
            "feedback/surveys/surveys.html",
            states=queries.states(session, utc_now()),
            drafts=queries.drafts(session),
        )


@pages.get("/manage/surveys/drafts/new")
@may(Permission.SURVEYS_WRITE)
def new_draft() -> str:
    """An empty form, with the questions of the last survey."""
    with reading() as session:
        return _draft_page(FormState(_initial_content(session)))


def _initial_content(session: Session) -> dict[str, Any]:
    today = helsinki_date(utc_now())
    first_question = {"kind": "grade", "is_key": True, "text": dict.fromkeys(LANGUAGES, "")}
    return {
        "wave": "spring" if today.month < 7 else "autumn",
        "year": today.year,
        "title": dict.fromkeys(LANGUAGES, ""),
        "opens_on": today.isoformat(),
        "closes_on": (today + USUAL_LENGTH).isoformat(),
        "audience": "pass",
        "by_campus": False,
        "questions": queries.last_questions(session) or [first_question],
    }


@pages.post("/manage/surveys/drafts")
@may(Permission.SURVEYS_WRITE)
@shows_again
def create() -> Response:
    """Store a new draft."""
    return forms.handle(
        DraftSchema(),
        _create,
        typed=typed_content(request.form),
        page=_draft_page,
        then=lambda result: f"/manage/surveys/drafts/{result['id']}?done=saved",
    )


def _create(session: Session, data: forms.Data) -> forms.Data:
    content = DraftSchema().dump(data)
    draft = service.create_draft(session, current_actor(), content, now=utc_now())
    return {"id": str(draft.public_id)}


@pages.get("/manage/surveys/drafts/<uuid:draft>")
@may(Permission.SURVEYS_WRITE)
def edit(draft: uuid.UUID) -> str:
    """A draft in its form."""
    return _draft_page(FormState(_stored_draft(draft)), draft)


@pages.post("/manage/surveys/drafts/<uuid:draft>")
@may(Permission.SURVEYS_WRITE)
@shows_again
def act(draft: uuid.UUID) -> Response:
    """Save a draft; with `publish` save and publish it, with `discard` delete it.

    Where somebody else has saved meanwhile, the form keeps what was typed beside what is stored.
    """
    # The action is a part of what was typed: two buttons of one form must not share its key.
    action = next((name for name in ACTIONS if name in request.form), "save")
    version = forms.whole_number(request.form.get("version", ""))
    typed = {"version": version, "action": action}
    content = typed_content(request.form)
    return forms.handle(
        VersionFormSchema() if action == "discard" else DraftFormSchema(),
        partial(DRAFT_ACTIONS[action], draft),
        typed=typed if action == "discard" else typed | content,
        page=lambda state: _draft_page(state, draft, content),
        then=lambda result: str(result["to"]),
        stored=lambda: _stored_draft(draft),
    )


def _save(draft: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    _change(draft, session, data)
    return {"to": f"/manage/surveys/drafts/{draft}?done=saved"}


def _change(draft: uuid.UUID, session: Session, data: forms.Data) -> int:
    content = DraftSchema().dump(data)
    saved = service.change_draft(
        session, current_actor(), draft, content, version=data["version"], now=utc_now()
    )
    return saved.version


def _publish(draft: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    survey = service.publish_draft(
        session,
        current_actor(),
        draft,
        version=_change(draft, session, data),
        settings=current_settings(),
        now=utc_now(),
    )
    return {"to": f"/manage/surveys/{survey.code}"}


def _discard(draft: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    service.discard_draft(session, current_actor(), draft, version=data["version"], now=utc_now())
    return {"to": "/manage/surveys"}


DRAFT_ACTIONS: Final = {"save": _save, "publish": _publish, "discard": _discard}
"""What each button of the form of a draft does."""


@pages.get("/manage/surveys/drafts/<uuid:draft>/preview")
@may(Permission.SURVEYS_WRITE)
def preview(draft: uuid.UUID) -> str:
    """The survey as people will see it, in the language of the page."""
    with reading() as session:
        survey = rules.survey_of(queries.draft(session, draft).content)
        view = preview_of(session, survey, language())
    return render_template(
        "feedback/answers/survey.html",
        survey=view,
        form=MultiDict(),
        wrong=frozenset(),
        longest=LONGEST,
        preview=draft,
    )


@pages.get("/manage/surveys/<code>")
@may(Permission.SURVEYS_WRITE)
def one_survey(code: str) -> str:
    """How many answered; and the results once the survey is closed."""
    now = utc_now()
    with reading() as session:
        survey = queries.survey_by_code(session, code)
        results = results_queries.all_results(session, survey.id, now)
        return render_template(
            "feedback/surveys/survey.html",
            shown_mean=shown_mean,
            state=queries.state_of(session, code, now),
            results=[result_view(result, language()) for result in results],
            wave=results_queries.wave_results(session, survey.id, now),
            campus_names=queries.campus_names(session),
            audiences=audiences(),
        )


@pages.post("/manage/surveys/<code>/close")
@may(Permission.SURVEYS_CLOSE)
def close(code: str) -> Response:
    """Close a survey before its time."""
    flows.close_early(code, current_actor(), settings=current_settings(), now=utc_now())
    return redirect(f"/manage/surveys/{code}", 303)


def audiences() -> dict[str, str]:
    """Return the audiences that a survey may have, in the reader's language."""
    return {
        "pass": _("People who have or had a pass this term"),
        "eligible": _("Everybody whose right to use the service is proven"),
    }


def typed_content(form: Mapping[str, str]) -> forms.Data:
    """Return a form as a draft stores it; questions without any text are left out."""
    rows = [
        _typed_question(form, number) for number in range(1, MOST_QUESTIONS + BLANK_QUESTIONS + 1)
    ]
    return {
        "wave": form.get("wave", ""),
        "year": forms.whole_number(form.get("year", "")),
        "title": {code: clean_text(form.get(f"title-{code}", "")) for code in LANGUAGES},
        "opens_on": form.get("opens_on", ""),
        "closes_on": form.get("closes_on", ""),
        "audience": form.get("audience", ""),
        "by_campus": form.get("by_campus") == "1",
        "questions": [row for row in rows if any(row["text"].values())],
    }


def _typed_question(form: Mapping[str, str], number: int) -> forms.Data:
    return {
        "kind": form.get(f"kind-{number}", "grade"),
        "is_key": form.get("key_question") == str(number),
        "text": {code: clean_text(form.get(f"text-{number}-{code}", "")) for code in LANGUAGES},
    }


def _stored_draft(draft: uuid.UUID) -> forms.Data:
    with reading() as session:
        row = queries.draft(session, draft)
        return {**row.content, "version": row.version}


def _draft_page(
    state: FormState, draft: uuid.UUID | None = None, content: forms.Data | None = None
) -> str:
    content = content or dict(state.values)
    return render_template(
        "feedback/surveys/draft.html",
        content=content,
        questions=question_rows(content),
        draft=draft,
        version=state.values.get("version", ""),
        key=state.key,
        refusals=state.sentences(field_sentences()),
        audiences=audiences(),
        done=one_time.done(),
        languages=OWN_NAMES,
        stored=conflicts.differing(_labels(), state.stored, content),
    )


def _labels() -> conflicts.Labels:
    """Return the labels of the form of a draft, and how its values read."""
    title = _("Title")
    about: dict[str, tuple[str, conflicts.Show]] = {
        f"title-{code}": (f"{title}, {name}", str) for code, name in OWN_NAMES.items()
    }
    about |= {
        "wave": (_("Round"), conflicts.one_of({"spring": _("Spring"), "autumn": _("Autumn")})),
        "year": (_("Year"), str),
        "opens_on": (_("First day"), conflicts.day),
        "closes_on": (_("Last day"), conflicts.day),
        "audience": (_("Whose answers you want"), conflicts.one_of(audiences())),
        "by_campus": (
            _("Also ask where people mostly train (optional for them)"),
            conflicts.yes_or_no,
        ),
    }
    for number in range(1, MOST_QUESTIONS + 1):
        about |= _question_labels(number)
    return about


def _question_labels(number: int) -> conflicts.Labels:
    question, place = _("Question %(number)s", number=number), f"questions-{number - 1}"
    kinds = {"grade": _("a grade from 1 to 5"), "text": _("own words")}
    text, kind, key = _("Words"), _("Answered with"), _("Key question of the targets")
    labels: dict[str, tuple[str, conflicts.Show]] = {
        f"{place}-text-{code}": (f"{question}: {text}, {name}", str)
        for code, name in OWN_NAMES.items()
    }
    return labels | {
        f"{place}-kind": (f"{question}: {kind}", conflicts.one_of(kinds)),
        f"{place}-is_key": (f"{question}: {key}", conflicts.yes_or_no),
    }


def field_sentences() -> dict[str, str]:
    """Return what to say about each wrong field of the form of a draft."""
    return {
        "wave": _("Choose spring or autumn."),
        "year": _("Give the year with four digits."),
        "title": _("Give the title in all three languages, at most 120 characters each."),
        "opens_on": _("Choose the first day."),
        "closes_on": _("Choose the last day, not before the first."),
        "audience": _("Choose whose answers you want."),
        "questions": _(
            "Give each question in all three languages, and choose exactly one key question, "
            "which is a grade. At most one question may ask for words."
        ),
    }
