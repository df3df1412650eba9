"""JSON API of customer groups for managers."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.core.time import helsinki_date
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.customer_groups import queries, service
from zone.passes.customer_groups.errors import GROUP_ENDED, GROUP_EXISTS, INSTITUTION_MOVED
from zone.passes.customer_groups.schemas import (
    CustomerGroupNameSchema,
    CustomerGroupsSchema,
    GroupEndSchema,
    MovedInstitutionSchema,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("passes_customer_groups", __name__, tag="catalogue")


@api.get("/customer-groups")
@api.response(200, CustomerGroupsSchema)
@may(Permission.CATALOGUE_READ)
def list_customer_groups() -> dict[str, Any]:
    """The customer groups that have prices of their own, and the group of every institution."""
    with reading() as session:
        return _all(session, utc_now())


@api.put("/customer-groups/<code>")
@api.arguments(CustomerGroupNameSchema)
@api.response(200, CustomerGroupsSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, GROUP_EXISTS, EDITED_MEANWHILE)
def keep_customer_group(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Add a customer group, or rename the one with that code. A code has 1 to 40 of a-z, 0-9 and
    -, and stays.
    """
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    now = utc_now()
    with writing() as session:
        service.save_group(session, current_actor(), code, **data, now=now)
        return _all(session, now)


@api.post("/customer-groups/<code>/end")
@api.arguments(GroupEndSchema)
@api.response(200, CustomerGroupsSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, START_TOO_SOON, GROUP_ENDED)
def end_customer_group(data: dict[str, Any], code: str) -> dict[str, Any]:
    """End a customer group: from that day its institutions pay the general price, for good."""
    now = utc_now()
    with writing() as session:
        service.end_group(session, current_actor(), code, **data, now=now)
        return _all(session, now)


@api.put("/institutions/<code>/customer-group")
@api.arguments(MovedInstitutionSchema)
@api.response(200, CustomerGroupsSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, START_TOO_SOON, GROUP_ENDED, INSTITUTION_MOVED)
def move_institution(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Put an institution into a customer group from a day on, or into none. The same day again
    corrects it.
    """
    now = utc_now()
    with writing() as session:
        service.move_institution(session, current_actor(), code, **data, now=now)
        return _all(session, now)


def _all(session: Session, now: datetime) -> dict[str, Any]:
    today = helsinki_date(now)
    return {
        "groups": queries.customer_groups(session, today),
        "institutions": queries.moves(session, today),
    }
