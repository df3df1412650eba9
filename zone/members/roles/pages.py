"""The pages of people and their service roles, for managers. Plain forms, no script."""

import uuid
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.audit.queries import AuditFilter, audit_page
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import clean_text
from zone.members.people import queries as people_queries
from zone.members.roles import queries, rules, service
from zone.members.roles.schemas import RoleFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState

pages: Final = Blueprint("members_roles_pages", __name__, template_folder="templates")


@pages.get("/manage/people")
@may(Permission.STAFF_READ)
def people() -> tuple[str, int]:
    """Show everybody with a service role; `?email=` finds one person by the whole address."""
    email = clean_text(request.args.get("email", ""))
    with reading() as session:
        person = people_queries.member_by_email(session, email) if email else None
        staff = queries.staff(session)
    missing = bool(email) and person is None
    page = render_template(
        "members/roles/people.html",
        staff=staff,
        person=person,
        email=email,
        missing=missing,
        role_names=role_names(),
    )
    return page, NOT_FOUND.status if missing else 200


@pages.get("/manage/people/<uuid:person>")
@may(Permission.STAFF_READ)
def one_person(person: uuid.UUID) -> str:
    """Show the roles of one person, the forms to change them, and their history."""
    return _render_person(person, FormState())


@pages.post("/manage/people/<uuid:person>/roles")
@may(Permission.ROLES_WRITE)
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
    names = role_names()
    grantable = {role for role in rules.SERVICE_ROLES if rules.may_grant(actor, role)}
    reason_sentence = _("Say why, in at most 200 characters.")
    return render_template(
        "members/roles/person_roles.html",
        member=member,
        held=sorted(held),
        takable=grantable,
        givable=[(role, names[role]) for role in sorted(grantable - held)],
        changes=[row for row in audited if row.action.startswith("role.")],
        role_names=names,
        form=form,
        sentences=form.sentences({"reason": reason_sentence}),
        reason_error=reason_sentence if "reason" in form.errors else None,
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
