"""JSON API by which bridges fetch changes and ask about one holder."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from firmware_bridge.wire.messages import fields
from zone.access.alarms import service as alarms
from zone.access.bridge_sign_on.api import read_body, read_uuid, sign_answer
from zone.access.bridges import service as bridges
from zone.access.bridges.queries import wire_of
from zone.access.doors import queries as doors_queries
from zone.access.issuer_keys.service import ensure_issuer
from zone.access.roster import queries, schemas, service
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_roster", __name__, tag="bridge")


@api.get("/bridge/changes")
@api.arguments(schemas.ChangesQuerySchema, location="query")
@api.response(200, schemas.ChangesSchema)
@may(Permission.BRIDGE_CALL)
def changes(query: dict[str, Any]) -> Mapping[str, Any]:
    """What changed for the doors after a version; a snapshot when the epoch is another."""
    bridge_id, now, status = current_actor().id, utc_now(), _take_status(query)
    sign_answer(current_actor().public_id, now)
    # Most polls find nothing new, so they only read: every bridge polls about once a second.
    with reading() as session:
        behind = queries.has_unnumbered_marks(session)
        if not queries.has_epoch(session, query["epoch"]):
            # After a restore the bridge learns from this answer that it must upload its entries
            # again. Until it has, it counts as a bridge with a backlog.
            status = replace(status, backlog=max(status.backlog, 1))
        noteworthy = bridges.has_news(session, bridge_id, status, now)
    if behind or noteworthy:
        with writing() as session:
            if bridges.store_status(session, bridge_id, status, now):
                alarms.update_alarms(session, bridge_id, status.alarms, now)
            service.number_marks(session)
    ensure_issuer(current_settings().keys)
    with reading() as session:
        return queries.changes(
            session, bridge_id, **query, now=now, settings=current_settings()
        ).to_json()


def _take_status(query: dict[str, Any]) -> bridges.BridgeStatus:
    """Remove from the query what a bridge reports of itself, and return that."""
    reported = (query.pop("clock"), query.pop("software"), query.pop("alarms"))
    return bridges.read_status(
        *reported, backlog=query.pop("waiting"), roster_version=query["after"]
    )


@api.post("/bridge/ask")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.AskSchema}}})
@api.response(200, schemas.AskedSchema)
@may(Permission.BRIDGE_CALL)
@refuses(NOT_FOUND)
def ask() -> Mapping[str, Any]:
    """The newest rows of a holder, when a door would refuse by what it has."""
    body, now = read_body(), utc_now()
    sign_answer(current_actor().public_id, now)
    kid = None if body.get("kid") is None else fields.hexadecimal(body, "kid", 8)
    holder = None if body.get("holder") is None else fields.whole(body, "holder", 1, 2**32 - 1)
    with reading() as session:
        doors_queries.check_door(session, current_actor().id, read_uuid(body, "door"))
        wire = wire_of(session, current_actor().id)
        rows = queries.state_of_holder(session, kid=kid, holder=holder, wire=wire, now=now)
    return {"rows": [row.to_json() for row in rows]}
