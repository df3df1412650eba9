"""The managers' page of terms with their regular weeks and breaks."""

from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import monday_of
from zone.places.holidays.rules import holidays_by_week
from zone.places.terms import queries, service
from zone.places.terms.schemas import NewTermSchema, WeekRequest
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("places_terms_pages", __name__, template_folder="templates")


@pages.get("/manage/terms")
@may(Permission.PLANNING_READ)
def all_terms() -> str:
    """Show terms with their regular weeks and breaks."""
    return _render_terms(FormState())


@pages.post("/manage/terms")
@may(Permission.TERMS_WRITE)
@shows_again
def create_term() -> Response:
    """Create a term, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        term = service.create_term(session, current_actor(), now=utc_now(), **data)
        return {"code": term.code}

    return forms.handle(NewTermSchema(), work, page=_render_terms, then=_to_terms)


@pages.post("/manage/terms/weeks/<int:year>/<int:week>")
@may(Permission.TERMS_WRITE)
@shows_again
def mark_week(year: int, week: int) -> Response:
    """Mark a week as regular or as a break."""

    def work(session: Session, data: Data) -> Data:
        service.change_week(session, current_actor(), year, week, **data, now=utc_now())
        return {}

    return forms.handle(WeekRequest(), work, page=_render_terms, then=_to_terms)


def _to_terms(_result: Data) -> str:
    return "/manage/terms?done=saved"


def _render_terms(form: FormState) -> str:
    with reading() as session:
        terms = queries.terms(session, utc_now())
        holidays = {
            term.season.id: holidays_by_week(term.season.starts_on, term.season.ends_on)
            for term in terms
        }
    sentences = {
        "starts_on": _("Choose the first day."),
        "ends_on": _("Choose the last day, not before the first."),
    }
    return render_template(
        "places/terms/manage_terms.html",
        terms=terms,
        holidays=holidays,
        monday_of=monday_of,
        kinds={"spring": _("Spring"), "summer": _("Summer"), "autumn": _("Autumn")},
        form=form,
        refusals=form.sentences(sentences),
        done=one_time.done() is not None,
    )
