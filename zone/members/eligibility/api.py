"""JSON API by which the desk records proofs."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.members.eligibility import service
from zone.members.eligibility.schemas import NewProofSchema
from zone.members.people.api import as_json
from zone.members.people.schemas import PersonSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint

api: Final = Blueprint("members_eligibility", __name__, tag="members")


@api.post("/members/<uuid:member_id>/proofs")
@api.arguments(NewProofSchema)
@api.response(201, PersonSchema)
@may(Permission.PEOPLE_WRITE)
def record_proof(new: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Record that a person proved an affiliation, and until when it holds.

    Errors: not_found, proof_dates_reversed.
    """
    with writing() as session:
        person = service.record_proof(session, member_id, actor_id=current_actor().id, now=utc_now(), **new)
        return as_json(session, person)
