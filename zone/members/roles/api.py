"""JSON API of staff and their roles."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.time import helsinki_date
from zone.members.people.queries import PersonView, person_view
from zone.members.people.schemas import PersonSchema
from zone.members.roles import queries, service
from zone.members.roles.errors import LAST_ADMIN, ROLE_ADMIN_ONLY
from zone.members.roles.schemas import RoleSchema, StaffListSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("members_roles", __name__, tag="members")


@api.get("/staff")
@api.response(200, StaffListSchema)
@may(Permission.STAFF_READ)
def list_staff() -> dict[str, Any]:
    """Who holds service roles, by name."""
    with reading() as session:
        staff = queries.staff(session)
    note_look("staff.view", "staff")
    return {"staff": staff}


@api.post("/members/<uuid:member_id>/roles")
@api.arguments(RoleSchema)
@api.response(201, PersonSchema)
@may(Permission.ROLES_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, ROLE_ADMIN_ONLY)
def give_role(data: dict[str, str], member_id: uuid.UUID) -> PersonView:
    """Give a person a service role; only an administrator makes administrators."""
    now = utc_now()
    with writing() as session:
        person = service.give_role(session, member_id, actor=current_actor(), now=now, **data)
        return person_view(session, person, helsinki_date(now))


@api.delete("/members/<uuid:member_id>/roles")
@api.arguments(RoleSchema, location="query")
@api.response(200, PersonSchema)
@may(Permission.ROLES_WRITE)
@refuses(NOT_FOUND, ROLE_ADMIN_ONLY, LAST_ADMIN)
def take_role(data: dict[str, str], member_id: uuid.UUID) -> PersonView:
    """Take a service role away. Whoever held it is signed out everywhere."""
    now = utc_now()
    with writing() as session:
        person = service.take_role(session, member_id, actor=current_actor(), now=now, **data)
        return person_view(session, person, helsinki_date(now))
