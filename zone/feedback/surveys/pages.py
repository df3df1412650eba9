"""The pages of those who run surveys: the list, a draft with its three languages side by side, preview, results."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.feedback.answers import service as answers
from zone.feedback.answers.queries import preview_of
from zone.feedback.answers.rules import LONGEST
from zone.feedback.results import queries as results_queries
from zone.feedback.surveys import flows, queries, rules, service
from zone.feedback.surveys.rules import MOST_QUESTIONS
from zone.feedback.surveys.schemas import DraftSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("feedback_surveys_pages", __name__, template_folder="templates")

BLANK: Final = 2
"""Empty questions at the end of the form; one that stays empty is not asked."""
SPAN: Final = timedelta(days=29)


@pages.get("/manage/surveys")
@may(Permission.SURVEYS_WRITE)
def surveys() -> str:
    """Drafts, and every survey with how many answered."""
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
        return _form(_first_content(session))


def _first_content(session: Session) -> dict[str, Any]:
    today = helsinki_date(utc_now())
    last = queries.last_questions(session)
    return {
        "wave": "spring" if today.month < 7 else "autumn",
        "year": today.year,
        "title": dict.fromkeys(LANGUAGES, ""),
        "opens_on": today.isoformat(),
        "closes_on": (today + SPAN).isoformat(),
        "audience": "pass",
        "by_campus": False,
        "questions": last
        or [{"kind": "grade", "is_key": True, "text": dict.fromkeys(LANGUAGES, "")}],
    }


@pages.post("/manage/surveys/drafts")
@may(Permission.SURVEYS_WRITE)
def create() -> Response | tuple[str, int]:
    """Keep a new draft. The form carries its own key: a second tap leads to the same draft."""
    typed, key = typed_content(request.form), request.form.get("key", "")
    try:
        content = _checked(typed)
        kept = idempotency_key.submit_once(content, lambda session: _create(session, content))
    except (ValidationError, DomainError) as refusal:
        return _form(typed, key=key, refusal=refusal), _status_of(refusal)
    return redirect(f"/manage/surveys/drafts/{kept['id']}?done=saved", 303)


def _create(session: Session, content: dict[str, Any]) -> dict[str, Any]:
    made = service.create_draft(session, content, actor_id=current_actor().id, now=utc_now())
    return {"id": str(made.public_id)}


@pages.get("/manage/surveys/drafts/<uuid:draft>")
@may(Permission.SURVEYS_WRITE)
def edit(draft: uuid.UUID) -> str:
    """A draft in its form."""
    with reading() as session:
        found = queries.draft(session, draft)
    return _form(found.content, draft=draft, version=rules.version_of(found.content))


@pages.post("/manage/surveys/drafts/<uuid:draft>")
@may(Permission.SURVEYS_WRITE)
def act(draft: uuid.UUID) -> Response | tuple[str, int]:
    """Save a draft; with `publish` save and publish it, with `discard` throw it away.

    What was typed stays when somebody else has saved meanwhile; beside it stands what is stored now. A second tap of
    the same form leads where the first one did.
    """
    typed, version = typed_content(request.form), request.form.get("version", "")
    try:
        deed = next((name for name in ("discard", "publish") if name in request.form), "save")
        kept = idempotency_key.submit_once(
            (deed, version, typed), lambda session: _act(session, deed, draft, typed, version)
        )
        return redirect(kept["to"], 303)
    except (ValidationError, DomainError) as refusal:
        if isinstance(refusal, DomainError) and refusal.reasons[0] is NOT_FOUND:
            raise
        return _again(draft, typed, version, refusal), _status_of(refusal)


def _act(
    session: Session, deed: str, draft: uuid.UUID, typed: dict[str, Any], version: str
) -> dict[str, Any]:
    """Do it, and say where the browser goes on."""
    who: dict[str, Any] = {"actor_id": current_actor().id, "now": utc_now()}
    if deed == "discard":
        service.discard_draft(session, draft, version=version, **who)
        return {"to": "/manage/surveys"}
    kept = service.change_draft(session, draft, _checked(typed), version=version, **who)
    if deed == "save":
        return {"to": f"/manage/surveys/drafts/{draft}?done=saved"}
    made = service.publish_draft(
        session, draft, version=rules.version_of(kept.content), settings=current_settings(), **who
    )
    return {"to": f"/manage/surveys/{made.code}"}


def _again(
    draft: uuid.UUID, typed: dict[str, Any], version: str, refusal: ValidationError | DomainError
) -> str:
    stored = None
    if isinstance(refusal, DomainError) and refusal.reasons[0] is EDITED_MEANWHILE:
        with reading() as session:
            stored = queries.draft(session, draft).content
        version = rules.version_of(stored)
    return _form(typed, draft=draft, version=version, refusal=refusal, stored=stored)


@pages.get("/manage/surveys/drafts/<uuid:draft>/preview")
@may(Permission.SURVEYS_WRITE)
def preview(draft: uuid.UUID) -> str:
    """The survey as people will see it, in the language of the page."""
    with reading() as session:
        view = preview_of(
            session, rules.survey_of(queries.draft(session, draft).content), language()
        )
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
    """How many answered; and once it is closed, what."""
    now = utc_now()
    with reading() as session:
        found = queries.survey_by_code(session, code)
        results = results_queries.all_results(session, found.id, now)
        wave = results_queries.wave_results(session, found.id, now)
        return render_template(
            "feedback/surveys/survey.html",
            state=queries.state_of(session, code, now),
            results=results,
            wave=wave,
            campus_names=queries.campus_names(session),
            audiences=audiences(),
        )


@pages.post("/manage/surveys/<code>/close")
@may(Permission.SURVEYS_CLOSE)
def close(code: str) -> Response:
    """Close a survey before its time."""
    settings, now = current_settings(), utc_now()
    with writing() as session:
        found = queries.survey_by_code(session, code)
        answers.close(session, found.id, settings=settings, now=now)
        record_action(
            session,
            actor_id=current_actor().id,
            action="survey.close",
            object_kind="survey",
            object_id=code,
            now=now,
        )
    flows.finish_closing(settings)
    return redirect(f"/manage/surveys/{code}", 303)


def audiences() -> dict[str, str]:
    """Whose answers a survey may want, in words."""
    return {
        "pass": _("People who have or had a pass this term"),
        "eligible": _("Everybody whose right to use the service is proven"),
    }


def typed_content(form: Mapping[str, str]) -> dict[str, Any]:
    """The form as a draft keeps it; questions without any words are left out."""
    rows = [_question(form, number) for number in range(1, MOST_QUESTIONS + BLANK + 1)]
    year = form.get("year", "")
    return {
        "wave": form.get("wave", ""),
        "year": int(year) if year.isascii() and year.isdigit() and len(year) < 6 else year,
        "title": {code: clean_text(form.get(f"title-{code}", "")) for code in LANGUAGES},
        "opens_on": form.get("opens_on", ""),
        "closes_on": form.get("closes_on", ""),
        "audience": form.get("audience", ""),
        "by_campus": form.get("by_campus") == "1",
        "questions": [row for row in rows if any(row["text"].values())],
    }


def _question(form: Mapping[str, str], number: int) -> dict[str, Any]:
    return {
        "kind": form.get(f"kind-{number}", "grade"),
        "is_key": form.get("key_question") == str(number),
        "text": {code: clean_text(form.get(f"text-{number}-{code}", "")) for code in LANGUAGES},
    }


def _checked(typed: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = DraftSchema().dump(DraftSchema().load(typed))
    return content


def _form(
    content: Mapping[str, Any],
    *,
    draft: uuid.UUID | None = None,
    version: str = "",
    key: str = "",
    refusal: ValidationError | DomainError | None = None,
    stored: Mapping[str, Any] | None = None,
) -> str:
    empty = {"kind": "grade", "is_key": False, "text": dict.fromkeys(LANGUAGES, "")}
    questions = [*content["questions"], *[empty] * BLANK][:MOST_QUESTIONS]
    return render_template(
        "feedback/surveys/draft.html",
        content=content,
        questions=questions,
        draft=draft,
        version=version,
        key=key or new_secret(),
        refusals=_told(refusal),
        audiences=audiences(),
        done=request.args.get("done"),
        stored=stored,
        changed=rules.differences(stored, content) if stored else [],
    )


def _status_of(refusal: ValidationError | DomainError) -> int:
    return refusal.status if isinstance(refusal, DomainError) else 422


def _told(refusal: ValidationError | DomainError | None) -> list[str]:
    if isinstance(refusal, ValidationError):
        return [
            _field_sentences()[name] for name in refusal.messages_dict if name in _field_sentences()
        ]
    return refusal_messages(refusal)


def _field_sentences() -> dict[str, str]:
    return {
        "wave": _("Choose spring or autumn."),
        "year": _("Give the year with four digits."),
        "title": _("Give the title in all three languages, at most 120 characters each."),
        "opens_on": _("Choose the first day."),
        "closes_on": _("Choose the last day, not before the first."),
        "audience": _("Choose whose answers you want."),
        "questions": _(
            "Give each question in all three languages, and choose exactly one key question, which is a grade. "
            "At most one question may ask for words."
        ),
    }
