"""JSON API of one's own record, and of people for the desk."""

from datetime import date
from typing import Any, Final

from flask import request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.members.people import service
from zone.members.people.queries import PersonView, member_by_id, person_view
from zone.members.people.schemas import AddressSchema, OwnChangeSchema, PersonSchema
from zone.web import csrf, session_cookie
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api: Final = Blueprint("members_people", __name__, tag="members")


@api.get("/me")
@api.response(200, PersonSchema)
@may(Permission.OWN_ACCOUNT)
def show_me() -> dict[str, Any]:
    """Who one is here, and what is proven until when."""
    with reading() as session:
        return _with_csrf_token(
            person_view(session, member_by_id(session, current_actor().id), _today())
        )


@api.patch("/me")
@api.arguments(OwnChangeSchema)
@api.response(200, PersonSchema)
@may(Permission.OWN_ACCOUNT)
def change_me(data: dict[str, Any]) -> dict[str, Any]:
    """Change one's own name or language, or how long doors stay open for one."""
    with writing() as session:
        member = service.update_member(session, current_actor().id, **data, now=utc_now())
        return _with_csrf_token(person_view(session, member, _today()))


@api.post("/members/searches")
@api.arguments(AddressSchema)
@api.response(200, PersonSchema)
@may(Permission.PEOPLE_READ)
@refuses(NOT_FOUND)
def find_member(data: dict[str, str]) -> PersonView:
    """The person with an e-mail address. That staff looked is on record."""
    with writing() as session:
        member = service.find_member(session, current_actor(), data["email"], utc_now())
        return person_view(session, member, _today())


def _today() -> date:
    return helsinki_date(utc_now())


def _with_csrf_token(person: PersonView) -> dict[str, Any]:
    session_token = session_cookie.token_of(request, current_settings()) or ""
    return {**person, "csrf_token": csrf.token_of(session_token)}
