"""JSON API of institutions and study regions."""

from typing import Any, Final

from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.members.institutions import queries, service
from zone.members.institutions.errors import (
    INSTITUTION_EXISTS,
    STUDY_REGION_EXISTS,
    STUDY_REGION_UNKNOWN,
)
from zone.members.institutions.schemas import (
    ChangedInstitutionSchema,
    ChangedStudyRegionSchema,
    InstitutionsSchema,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("members_institutions", __name__, tag="members")


@api.get("/institutions")
@api.response(200, InstitutionsSchema)
@may(Permission.TIMETABLE_READ)  # guests have it: whom the service admits is public
def list_institutions() -> dict[str, Any]:
    """The institutions whose people may use the service, and whom of them."""
    with reading() as session:
        return _all(session)


@api.put("/institutions/<code>")
@api.arguments(ChangedInstitutionSchema)
@api.response(200, InstitutionsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, INSTITUTION_EXISTS, STUDY_REGION_UNKNOWN, EDITED_MEANWHILE)
def keep_institution(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Add an institution, or change the one with that code. A code has 1 to 40 of a-z, 0-9 and -,
    and stays. Passes already sold stay too.
    """
    with writing() as session:
        service.save_institution(session, current_actor(), _checked(code), **data, now=utc_now())
        return _all(session)


@api.put("/study-regions/<code>")
@api.arguments(ChangedStudyRegionSchema)
@api.response(200, InstitutionsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, STUDY_REGION_EXISTS, EDITED_MEANWHILE)
def keep_study_region(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Add a study region, or rename the one with that code."""
    with writing() as session:
        service.save_region(session, current_actor(), _checked(code), **data, now=utc_now())
        return _all(session)


def _checked(code: str) -> str:
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    return code


def _all(session: Session) -> dict[str, Any]:
    return {
        "institutions": queries.institutions(session),
        "study_regions": queries.study_regions(session),
    }
