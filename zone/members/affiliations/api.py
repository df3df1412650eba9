"""JSON API of affiliations: one's own, and recorded by the desk."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.time import helsinki_date
from zone.members.affiliations import queries, service
from zone.members.affiliations.errors import AFFILIATION_EXISTS, INSTITUTION_UNKNOWN
from zone.members.affiliations.schemas import AffiliationsSchema, NewAffiliationSchema
from zone.members.institutions.errors import STUDY_REGION_UNKNOWN
from zone.members.people.queries import PersonView, person_view
from zone.members.people.schemas import PersonSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("members_affiliations", __name__, tag="members")


@api.post("/me/affiliations")
@api.arguments(NewAffiliationSchema)
@api.response(201, AffiliationsSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(INSTITUTION_UNKNOWN, STUDY_REGION_UNKNOWN, AFFILIATION_EXISTS)
def claim_affiliation(data: dict[str, Any]) -> dict[str, Any]:
    """Say where one studies or works. It counts when the desk has seen the proof."""
    actor = current_actor()
    with writing() as session:
        service.add_affiliation(
            session,
            actor.id,
            institution_code=data["institution"],
            role=data["role"],
            study_region=data["study_region"],
        )
        return {
            "affiliations": queries.affiliations_of(session, actor.id, helsinki_date(utc_now()))
        }


@api.post("/members/<uuid:member_id>/affiliations")
@api.arguments(NewAffiliationSchema)
@api.response(201, PersonSchema)
@may(Permission.PEOPLE_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, INSTITUTION_UNKNOWN, STUDY_REGION_UNKNOWN, AFFILIATION_EXISTS)
def record_affiliation(data: dict[str, Any], member_id: uuid.UUID) -> PersonView:
    """Record where a person studies or works."""
    now = utc_now()
    with writing() as session:
        person = service.record_affiliation(session, current_actor(), member_id, **data, now=now)
        return person_view(session, person, helsinki_date(now))
