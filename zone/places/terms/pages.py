"""The manager's page of terms with their regular weeks and breaks."""

from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.time import monday_of
from zone.places.terms import queries, service
from zone.places.terms.schemas import NewTermSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("places_terms_pages", __name__, template_folder="templates")
Refusal = ValidationError | DomainError


@pages.get("/manage/terms")
@may(Permission.PLANNING_READ)
def all_terms() -> str:
    """Terms with their regular weeks and breaks."""
    return _terms()


@pages.post("/manage/terms")
@may(Permission.TERMS_WRITE)
def create_term() -> Response | tuple[str, int]:
    """A new term, once for the form's key."""
    typed = {name: request.form.get(name, "") for name in ("kind", "starts_on", "ends_on")}
    try:
        wish = NewTermSchema().load(typed)
        idempotency_key.submit_once(typed, lambda session: _create_term(session, wish))
    except (ValidationError, DomainError) as refusal:
        return _terms(refusal), _status_of(refusal)
    return redirect("/manage/terms?done=saved", 303)


def _create_term(session: Session, wish: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": service.create_term(
            session, actor_id=current_actor().id, now=utc_now(), **wish
        ).code
    }


@pages.post("/manage/terms/weeks/<int:year>/<int:week>")
@may(Permission.TERMS_WRITE)
def mark_week(year: int, week: int) -> Response:
    """Count a week in the weekly hours from now on, or not."""
    with writing() as session:
        regular = request.form.get("regular") == "1"
        service.change_week(
            session, year, week, regular=regular, actor_id=current_actor().id, now=utc_now()
        )
    return redirect("/manage/terms?done=saved", 303)


def _terms(refusal: Refusal | None = None) -> str:
    with reading() as session:
        found = queries.terms(session, utc_now())
    return render_template(
        "places/terms/manage_terms.html",
        terms=found,
        monday_of=monday_of,
        key=new_secret(),
        refusals=_told(refusal),
        form=request.form,
        done="done" in request.args,
    )


def _status_of(refusal: Refusal) -> int:
    return refusal.status if isinstance(refusal, DomainError) else 422


def _told(refusal: Refusal | None) -> list[str]:
    if isinstance(refusal, ValidationError):
        known = _field_sentences()
        return [
            known.get(name, _("Check the field: %(name)s", name=name))
            for name in refusal.messages_dict
        ]
    return refusal_messages(refusal)


def _field_sentences() -> dict[str, str]:
    return {
        "starts_on": _("Choose the first day."),
        "ends_on": _("Choose the last day, not before the first."),
    }
