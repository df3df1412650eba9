"""JSON of people and sign-in."""

import uuid
from typing import Any, Final

from flask import Response, make_response, request
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http import csrf, rate_limit, session_cookie
from zone.http.auth import Actor, current_actor, public, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members import by_staff, entrance, people_queries, queries, rules, service, sessions
from zone.members.entrance import Visitor
from zone.members.models import Member
from zone.members.schemas import (
    AddressSchema,
    AffiliationsSchema,
    CodeSchema,
    CodeSentSchema,
    NewAffiliationSchema,
    NewProofSchema,
    OwnChangeSchema,
    PasswordSchema,
    PersonSchema,
    RoleSchema,
    StaffListSchema,
)

api: Final = Blueprint("members", __name__, tag="members")


def visitor() -> Visitor:
    """Who knocks at this request."""
    return Visitor(rate_limit.client_of(request), language())


def with_session(response: Response, token: str) -> Response:
    """The answer that signs a browser in."""
    session_cookie.give(response, token, current_settings())
    return response


@api.post("/sign-in/code")
@api.arguments(AddressSchema)
@api.response(202, CodeSentSchema)
@public
def send_code(asked: dict[str, str]) -> dict[str, int]:
    """Send a 6-digit code to an address. The answer is the same whether we know it or not.

    Errors: email_invalid, too_many_requests.
    """
    entrance.ask_for_code(asked["email"], visitor(), current_settings(), utc_now())
    return {"minutes": rules.CODE_LIFE.seconds // 60}


@api.post("/sign-in")
@api.arguments(CodeSchema)
@api.response(204)
@public
def sign_in(typed: dict[str, str]) -> Response:
    """Sign in with a code; the session is in the cookie. The first time makes the account.

    Errors: email_invalid, code_wrong, too_many_requests.
    """
    entered = entrance.enter_by_code(typed["email"], typed["code"], visitor(), current_settings(), utc_now())
    return with_session(make_response("", 204), entered.token)


@api.post("/sign-in/password")
@api.arguments(PasswordSchema)
@api.response(204)
@public
def sign_in_by_password(typed: dict[str, str]) -> Response:
    """Sign in to a staff account.

    Errors: email_invalid, password_wrong, too_many_requests.
    """
    entered = entrance.enter_by_password(typed["email"], typed["password"], visitor(), utc_now())
    return with_session(make_response("", 204), entered.token)


@api.delete("/me/session")
@api.response(204)
@signed_in
def sign_out() -> Response:
    """Sign this browser out."""
    return left(everywhere=False)


@api.delete("/me/sessions")
@api.response(204)
@signed_in
def sign_out_everywhere() -> Response:
    """Sign out on every device, this one too."""
    return left(everywhere=True)


def left(*, everywhere: bool) -> Response:
    """End one or all sessions of the person who asks; the browser forgets the cookie."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        if everywhere:
            sessions.end_all_sessions(session, actor.id, now)
        elif actor.session_id is not None:
            sessions.end_session(session, actor.session_id, now)
    response = make_response("", 204)
    session_cookie.take(response, current_settings())
    return response


@api.get("/me")
@api.response(200, PersonSchema)
@signed_in
def show_me() -> dict[str, Any]:
    """Who one is here, and what is proven until when."""
    with reading() as session:
        return own_page(session, current_actor())


@api.patch("/me")
@api.arguments(OwnChangeSchema)
@api.response(200, PersonSchema)
@signed_in
def change_me(change: dict[str, str]) -> dict[str, Any]:
    """Change one's own name or language."""
    actor = current_actor()
    with writing() as session:
        service.describe_member(session, actor.id, **change)
        return own_page(session, actor)


@api.post("/me/affiliations")
@api.arguments(NewAffiliationSchema)
@api.response(201, AffiliationsSchema)
@signed_in
def claim_affiliation(new: dict[str, Any]) -> dict[str, Any]:
    """Say where one studies or works. It counts when the desk has seen the proof.

    Errors: institution_unknown, affiliation_exists.
    """
    actor = current_actor()
    with writing() as session:
        service.add_affiliation(
            session, actor.id, institution_code=new["institution"], role=new["role"], study_region=new["study_region"]
        )
        return {"affiliations": queries.claims(session, actor.id, helsinki_date(utc_now()))}


@api.get("/members")
@api.arguments(AddressSchema, location="query")
@api.response(200, PersonSchema)
@require("desk", "manager", "admin")
@scope("people:read")
def find_member(asked: dict[str, str]) -> dict[str, Any]:
    """The person with an e-mail address. That staff looked is on record.

    Errors: not_found.
    """
    with writing() as session:
        return as_json(session, by_staff.find(session, asked["email"], actor_id=current_actor().id, now=utc_now()))


@api.get("/staff")
@api.response(200, StaffListSchema)
@require("manager", "admin")
def list_staff() -> dict[str, Any]:
    """Who holds service roles, by name."""
    with reading() as session:
        return {"staff": people_queries.staff(session)}


@api.post("/members/<uuid:member_id>/affiliations")
@api.arguments(NewAffiliationSchema)
@api.response(201, PersonSchema)
@require("desk", "manager", "admin")
@scope("people:write")
def record_affiliation(new: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Record where a person studies or works.

    Errors: not_found, institution_unknown, affiliation_exists.
    """
    with writing() as session:
        person = by_staff.record_affiliation(session, member_id, actor_id=current_actor().id, now=utc_now(), **new)
        return as_json(session, person)


@api.post("/members/<uuid:member_id>/proofs")
@api.arguments(NewProofSchema)
@api.response(201, PersonSchema)
@require("desk", "manager", "admin")
@scope("people:write")
def record_proof(new: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Record that a person proved an affiliation, and until when it holds.

    Errors: not_found, proof_dates_reversed.
    """
    with writing() as session:
        person = by_staff.record_proof(session, member_id, actor_id=current_actor().id, now=utc_now(), **new)
        return as_json(session, person)


@api.post("/members/<uuid:member_id>/roles")
@api.arguments(RoleSchema)
@api.response(201, PersonSchema)
@require("manager", "admin")
def give_role(new: dict[str, str], member_id: uuid.UUID) -> dict[str, Any]:
    """Give a person a service role; only an administrator makes administrators.

    Errors: not_found, role_admin_only.
    """
    with writing() as session:
        return as_json(session, by_staff.give_role(session, member_id, actor=current_actor(), now=utc_now(), **new))


@api.delete("/members/<uuid:member_id>/roles")
@api.arguments(RoleSchema, location="query")
@api.response(200, PersonSchema)
@require("manager", "admin")
def take_role(old: dict[str, str], member_id: uuid.UUID) -> dict[str, Any]:
    """Take a service role away. Whoever held it is signed out everywhere.

    Errors: not_found, role_admin_only, last_admin.
    """
    with writing() as session:
        return as_json(session, by_staff.take_role(session, member_id, actor=current_actor(), now=utc_now(), **old))


def own_page(session: Session, actor: Actor) -> dict[str, Any]:
    """What a person sees of themselves, with the token of their session."""
    token = session_cookie.token_of(request, current_settings()) or ""
    return as_json(session, queries.member_by_id(session, actor.id)) | {"csrf_token": csrf.token_of(token)}


def as_json(session: Session, member: Member) -> dict[str, Any]:
    """A person as the API shows them."""
    today = helsinki_date(utc_now())
    proven = {one.role for one in queries.eligibility(session, member.id, today)}
    return {
        "id": member.public_id,
        "email": member.email,
        "name": member.name,
        "language": member.language,
        "roles": sorted(proven | queries.service_roles(session, member.id)),
        "affiliations": queries.claims(session, member.id, today),
    }
