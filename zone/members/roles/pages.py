"""The page of people and their service roles, for managers. Plain forms, no script."""

import uuid
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from zone.core.audit.queries import AuditFilter, audit_page
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import clean_text
from zone.members.people import queries as people_queries
from zone.members.roles import queries, rules, service
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("members_roles_pages", __name__, template_folder="templates")

LONGEST_REASON: Final = 200


@pages.get("/manage/people")
@may(Permission.STAFF_READ)
def people() -> tuple[str, int]:
    """Everybody with a service role. `?email=` finds one person by the whole address, so that a role can be given."""
    email = clean_text(request.args.get("email", ""))
    with reading() as session:
        found = people_queries.member_by_email(session, email) if email else None
        staff = queries.staff(session)
    missing = bool(email) and found is None
    page = render_template(
        "members/roles/people.html",
        staff=staff,
        found=found,
        email=email,
        missing=missing,
        words=role_words(),
    )
    return page, NOT_FOUND.status if missing else 200


@pages.get("/manage/people/<uuid:person>")
@may(Permission.STAFF_READ)
def one_person(person: uuid.UUID) -> str:
    """The roles of one person, giving and taking them, and how they came."""
    return _person(person)


@pages.post("/manage/people/<uuid:person>/roles")
@may(Permission.ROLES_WRITE)
def change_role(person: uuid.UUID) -> Response | tuple[str, int]:
    """Give a role, or take one with `take`. The reason stays on record; what was typed stays where it is refused."""
    form = request.form
    reason, role = clean_text(form.get("reason", "")), form.get("role", "")
    if not reason or len(reason) > LONGEST_REASON or role not in rules.SERVICE_ROLES:
        return _person(
            person, errors={"reason": _("Say why, in at most 200 characters."), "role": role}
        ), 422
    change = service.take_role if "take" in form else service.give_role
    try:
        with writing() as session:
            change(session, person, role=role, reason=reason, actor=current_actor(), now=utc_now())
    except DomainError as refusal:
        if refusal.reasons[0] is not NOT_FOUND:
            return _person(person, refusal=refusal), refusal.status
        with (
            reading() as session
        ):  # a second tap: the role is gone already. An unknown person is not found here
            people_queries.member_by_public_id(session, person)
    return redirect(f"/manage/people/{person}?done=1", 303)


def _person(
    person: uuid.UUID, refusal: DomainError | None = None, errors: dict[str, str] | None = None
) -> str:
    actor = current_actor()
    with reading() as session:
        member = people_queries.member_by_public_id(session, person)
        held = queries.service_roles(session, member.id)
        deeds = [
            row
            for row in audit_page(session, AuditFilter(object_id=str(person))).rows
            if row.action.startswith("role.")
        ]
    mine = {role for role in rules.SERVICE_ROLES if rules.may_grant(actor, role)}
    return render_template(
        "members/roles/person_roles.html",
        member=member,
        held=sorted(held),
        takable=mine,
        givable=sorted(mine - held),
        deeds=deeds,
        words=role_words(),
        refusals=refusal_messages(refusal),
        errors=errors or {},
        form=request.form,
        done="done" in request.args,
    )


def role_words() -> dict[str, str]:
    """The service roles as people say them."""
    return {
        "instructor": _("Instructor"),
        "desk": _("Front desk"),
        "manager": _("Manager"),
        "admin": _("Administrator"),
    }
