"""JSON API of one's own record, and of people for the desk."""

from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.members.affiliations import queries as affiliations_queries
from zone.members.eligibility import queries as eligibility_queries
from zone.members.people import queries, service
from zone.members.people.models import Member
from zone.members.people.schemas import AddressSchema, OwnChangeSchema, PersonSchema
from zone.members.roles import queries as roles_queries
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
        return own_page(session, current_actor())


@api.patch("/me")
@api.arguments(OwnChangeSchema)
@api.response(200, PersonSchema)
@may(Permission.OWN_ACCOUNT)
def change_me(change: dict[str, str]) -> dict[str, Any]:
    """Change one's own name or language."""
    actor = current_actor()
    with writing() as session:
        service.update_member(session, actor.id, **change)
        return own_page(session, actor)


@api.get("/members")
@api.arguments(AddressSchema, location="query")
@api.response(200, PersonSchema)
@may(Permission.PEOPLE_READ)
@refuses(NOT_FOUND)
def find_member(asked: dict[str, str]) -> dict[str, Any]:
    """The person with an e-mail address. That staff looked is on record."""
    with writing() as session:
        return as_json(
            session,
            service.find_member(
                session, asked["email"], actor_id=current_actor().id, now=utc_now()
            ),
        )


def own_page(session: Session, actor: Actor) -> dict[str, Any]:
    """What a person sees of themselves, with the token of their session."""
    token = session_cookie.token_of(request, current_settings()) or ""
    return as_json(session, queries.member_by_id(session, actor.id)) | {
        "csrf_token": csrf.token_of(token)
    }


def as_json(session: Session, member: Member) -> dict[str, Any]:
    """A person as the API shows them."""
    today = helsinki_date(utc_now())
    proven = {one.role for one in eligibility_queries.eligibility(session, member.id, today)}
    return {
        "id": member.public_id,
        "email": member.email,
        "name": member.name,
        "language": member.language,
        "roles": sorted(proven | roles_queries.service_roles(session, member.id)),
        "affiliations": affiliations_queries.affiliations_of(session, member.id, today),
    }
