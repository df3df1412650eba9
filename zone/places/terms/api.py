"""JSON API of terms and their regular weeks, for planners."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.terms import service
from zone.places.terms.errors import TERM_INVALID
from zone.places.terms.queries import Term
from zone.places.terms.queries import terms as all_terms
from zone.places.terms.schemas import NewTermSchema, TermSchema, TermsSchema, WeekRequest
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api = Blueprint("places_terms", __name__, tag="planning")


@api.get("/terms")
@api.response(200, TermsSchema)
@may(Permission.PLANNING_READ)
def list_terms() -> dict[str, Any]:
    """Every term with its regular weeks and breaks."""
    with reading() as session:
        return {"terms": [term_json(term) for term in all_terms(session, utc_now())]}


@api.post("/terms")
@api.arguments(NewTermSchema)
@api.response(201, TermSchema)
@may(Permission.TERMS_WRITE)
@refuses(TERM_INVALID)
@idempotent
def create_term(new: dict[str, Any]) -> Response:
    """A term, all of whose weeks are regular. Send an Idempotency-Key, so that a repeated request
    gets the same.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        season = service.create_term(session, actor, now=now, **new)
        created = next(term for term in all_terms(session, now) if term.season.id == season.id)
        return dump_json(TermSchema(), term_json(created))

    return idempotency_key.answer_once(201, work)


@api.put("/terms/weeks/<int:year>/<int:week>")
@api.arguments(WeekRequest)
@api.response(200, TermsSchema)
@may(Permission.TERMS_WRITE)
@refuses(NOT_FOUND)
def mark_week(change: dict[str, bool], year: int, week: int) -> dict[str, Any]:
    """Count an ISO week in the weekly hours from now on, or not; older figures stay."""
    now = utc_now()
    with writing() as session:
        service.change_week(
            session, current_actor(), year, week, regular=change["regular"], now=now
        )
        return {"terms": [term_json(term) for term in all_terms(session, utc_now())]}


def term_json(term: Term) -> dict[str, Any]:
    """Return a term in the shape of TermSchema."""
    weeks = [{"year": year, "week": week, "regular": regular} for year, week, regular in term.weeks]
    season = term.season
    return {
        "code": season.code,
        "kind": season.kind,
        "starts_on": season.starts_on,
        "ends_on": season.ends_on,
        "weeks": weeks,
    }
