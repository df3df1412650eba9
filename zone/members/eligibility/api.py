"""JSON API by which the desk records proofs."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.time import helsinki_date
from zone.members.eligibility import service
from zone.members.eligibility.errors import PROOF_DATES_REVERSED, PROOF_TOO_LONG
from zone.members.eligibility.schemas import NewProofSchema
from zone.members.people.queries import PersonView, person_view
from zone.members.people.schemas import PersonSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("members_eligibility", __name__, tag="members")


@api.post("/members/<uuid:member_id>/proofs")
@api.arguments(NewProofSchema)
@api.response(201, PersonSchema)
@may(Permission.PEOPLE_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PROOF_DATES_REVERSED, PROOF_TOO_LONG)
def record_proof(data: dict[str, Any], member_id: uuid.UUID) -> PersonView:
    """Record that a person proved an affiliation, and until when it holds."""
    now = utc_now()
    with writing() as session:
        person = service.record_proof(session, current_actor(), member_id, **data, now=now)
        return person_view(session, person, helsinki_date(now))
