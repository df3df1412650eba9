"""The pages of people and their service roles, for managers. Plain forms, no script."""

import uuid
from typing import Final

from flask import Blueprint, make_response, redirect, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.audit.queries import AuditFilter, audit_page
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import SERVICE_ROLES, Permission
from zone.members.people import queries as people_queries
from zone.members.people.rules import VIEW_MEMBER
from zone.members.people.schemas import AddressSchema
from zone.members.roles import queries, rules, service
from zone.members.roles.schemas import RoleFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.looks import note_look
from zone.web.problems import INVALID_INPUT

pages: Final = Blueprint("members_roles_pages", __name__, template_folder="templates")


@pages.get("/manage/people")
@may(Permission.STAFF_READ)
def people() -> str:
    """Show everybody with a service role, and the form that finds a person by their address."""
    return _render_people()


@pages.post("/manage/people")
@may(Permission.STAFF_READ)
def find_person() -> Response:
    """Go to the person with this whole address; it is in the body, so that no log holds it."""
    email = str(forms.read(AddressSchema()).get("email", ""))
    with reading() as session:
        person = people_queries.member_by_email(session, email)
    if person is None:
        return make_response(_render_people(email, missing=True), INVALID_INPUT.status)
    # Here too: the answer says that somebody has the address, and nobody has to follow it.
    note_look(VIEW_MEMBER, "member", person.public_id)
    return redirect(f"/manage/people/{person.public_id}", 303)


def _render_people(email: str = "", *, missing: bool = False) -> str:
    with reading() as session:
        staff = queries.staff(session)
    note_look("staff.view", "staff")
    return render_template(
        "members/roles/people.html",
        staff=staff,
        email=email,
        missing=missing,
        role_names=role_names(),
    )


@pages.get("/manage/people/<uuid:person>")
@may(Permission.STAFF_READ)
def one_person(person: uuid.UUID) -> str:
    """Show the roles of one person, the forms to change them, and their history."""
    return _render_person(person, FormState())


@pages.post("/manage/people/<uuid:person>/roles")
@may(Permission.ROLES_WRITE)
@shows_again
def change_role(person: uuid.UUID) -> Response:
    """Give a role, or take it with the button `take`; the reason is audited."""

    def work(session: Session, data: Data) -> Data:
        _change_role(session, person, **data)
        return {}

    return forms.handle(
        RoleFormSchema(),
        work,
        page=lambda state: _render_person(person, state),
        then=lambda _: f"/manage/people/{person}?done=1",
    )


def _change_role(
    session: Session, person: uuid.UUID, *, role: str, reason: str, take: bool
) -> None:
    actor, now = current_actor(), utc_now()
    if not take:
        service.give_role(session, person, role=role, reason=reason, actor=actor, now=now)
        return
    try:
        service.take_role(session, person, role=role, reason=reason, actor=actor, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not NOT_FOUND:
            raise
        # A second tap finds the role gone, and that is what was asked for. This raises not_found
        # only where there is no such person.
        people_queries.member_by_public_id(session, person)


def _render_person(person: uuid.UUID, form: FormState) -> str:
    actor = current_actor()
    with reading() as session:
        member = people_queries.member_by_public_id(session, person)
        held = queries.service_roles(session, member.id)
        audited = audit_page(session, AuditFilter(object_id=str(person))).rows
    note_look(VIEW_MEMBER, "member", person)
    names = role_names()
    grantable = {role for role in SERVICE_ROLES if rules.may_grant(actor, role)}
    return render_template(
        "members/roles/person_roles.html",
        member=member,
        held=sorted(held),
        takable=grantable,
        givable=[(role, names[role]) for role in sorted(grantable - held)],
        changes=[row for row in audited if row.action.startswith("role.")],
        role_names=names,
        form=form,
        sentences=form.sentences({"reason": _("Say why, in at most 200 characters.")}),
        taking=form.values.get("role") if form.values.get("take") else None,
        giving=not form.values.get("take"),
        done=one_time.done() is not None,
    )


def role_names() -> dict[str, str]:
    """Return the service roles with the names that people see."""
    return {
        "instructor": _("Instructor"),
        "desk": _("Front desk"),
        "manager": _("Manager"),
        "admin": _("Administrator"),
    }
