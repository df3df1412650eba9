"""The figures as JSON."""

import json
from typing import Any

from flask import Response

from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.time import LATEST
from zone.db import reading
from zone.http.auth import current_actor, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.reporting import queries
from zone.reporting.errors import AS_OF_AHEAD, NO_TARGETS
from zone.reporting.own_data import export
from zone.reporting.rules import FIRST_YEAR
from zone.reporting.schemas import (
    AsOfSchema,
    OwnDataSchema,
    SupportingListSchema,
    TargetsSchema,
    report_json,
    supporting_json,
)
from zone.reporting.supporting import supporting

api = Blueprint("reporting", __name__, tag="reporting")


@api.get("/targets/<int:year>")
@api.arguments(AsOfSchema, location="query")
@api.response(200, TargetsSchema)
@require("manager", "admin")
@scope("figures:read")
def targets(asked: dict[str, Any], year: int) -> dict[str, Any]:
    """Targets A, B and C of a calendar year, each with its status and its receipt.

    The same `as_of` gives the same answer whenever it is asked, once it is ten seconds old.
    Errors: no_targets, as_of_ahead.
    """
    now = utc_now()
    with reading() as session:
        return report_json(queries.report(session, year, as_of=asked["as_of"] or now, now=now))


@api.get("/targets/<int:year>/supporting")
@api.arguments(AsOfSchema, location="query")
@api.response(200, SupportingListSchema)
@require("manager", "admin")
@scope("figures:read")
def supporting_figures(asked: dict[str, Any], year: int) -> dict[str, Any]:
    """No-shows, filled places, capture, and people by institution (fewer than five are not counted out).

    Errors: no_targets, as_of_ahead.
    """
    now = utc_now()
    as_of = asked["as_of"] or now
    if as_of > now:
        raise DomainError(AS_OF_AHEAD)
    if not FIRST_YEAR <= year < LATEST.year:
        raise DomainError(NO_TARGETS)
    with reading() as session:
        return {"figures": [supporting_json(item) for item in supporting(session, year, as_of)]}


@api.get("/me/export")
@api.response(200, OwnDataSchema)
@signed_in
def export_own_data() -> Response:
    """Everything that the service keeps of oneself, as a file."""
    with reading() as session:
        body = export(session, current_actor().id, utc_now())
    text = json.dumps(body, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="zone-my-data.json"'}
    return Response(text, mimetype="application/json", headers=headers)
