"""The pages People and roles, and Audit, for managers and administrators. Plain forms, no script."""

import uuid
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.text import tidy
from zone.db import reading, writing
from zone.http.auth import current_actor, require
from zone.http.problems import BAD_REQUEST, sentences
from zone.members import by_staff, people_queries, queries, rules
from zone.members.audit import Asked, rows

pages: Final = Blueprint("people_and_roles", __name__, template_folder="templates")

LONGEST_REASON: Final = 200


@pages.get("/manage/people")
@require("manager", "admin")
def people() -> tuple[str, int]:
    """Everybody with a service role. `?email=` finds one person by the whole address, so that a role can be given."""
    email = tidy(request.args.get("email", ""))
    with reading() as session:
        found = queries.member_by_email(session, email) if email else None
        staff = people_queries.staff(session)
    missing = bool(email) and found is None
    page = render_template(
        "members/people.html", staff=staff, found=found, email=email, missing=missing, words=role_words()
    )
    return page, NOT_FOUND.status if missing else 200


@pages.get("/manage/people/<uuid:person>")
@require("manager", "admin")
def one_person(person: uuid.UUID) -> str:
    """The roles of one person, giving and taking them, and how they came."""
    return _person(person)


@pages.post("/manage/people/<uuid:person>/roles")
@require("manager", "admin")
def change_role(person: uuid.UUID) -> Response | tuple[str, int]:
    """Give a role, or take one with `take`. The reason stays on record; what was typed stays where it is refused."""
    form = request.form
    reason, role = tidy(form.get("reason", "")), form.get("role", "")
    if not reason or len(reason) > LONGEST_REASON or role not in rules.SERVICE_ROLES:
        return _person(person, errors={"reason": _("Say why, in at most 200 characters."), "role": role}), 422
    change = by_staff.take_role if "take" in form else by_staff.give_role
    try:
        with writing() as session:
            change(session, person, role=role, reason=reason, actor=current_actor(), now=utc_now())
    except DomainError as refusal:
        if refusal.reasons[0] is not NOT_FOUND:
            return _person(person, refusal=refusal), refusal.status
        with reading() as session:  # a second tap: the role is gone already. An unknown person is not found here
            queries.member_by_public_id(session, person)
    return redirect(f"/manage/people/{person}?done=1", 303)


def _person(person: uuid.UUID, refusal: DomainError | None = None, errors: dict[str, str] | None = None) -> str:
    actor = current_actor()
    with reading() as session:
        member = queries.member_by_public_id(session, person)
        held = queries.service_roles(session, member.id)
        deeds = [row for row in rows(session, Asked(object_id=str(person))).rows if row.action.startswith("role.")]
    mine = {role for role in rules.SERVICE_ROLES if rules.may_grant(actor.roles, role)}
    return render_template(
        "members/person_roles.html", member=member, held=sorted(held), takable=mine, givable=sorted(mine - held),
        deeds=deeds, words=role_words(), refusals=sentences(refusal), errors=errors or {}, form=request.form,
        done="done" in request.args,
    )  # fmt: skip


def role_words() -> dict[str, str]:
    """The service roles as people say them."""
    return {
        "instructor": _("Instructor"), "desk": _("Front desk"), "manager": _("Manager"), "admin": _("Administrator"),
    }  # fmt: skip


@pages.get("/manage/audit")
@require("manager", "admin")
def audit() -> str:
    """What staff did, the newest first; `?object=` of one thing or person, `?after=` that row the older ones."""
    object_id = request.args.get("object") or None
    with reading() as session:
        page = rows(session, Asked(object_id=object_id), after=_row(request.args.get("after")))
    return render_template("members/audit.html", deeds=page.rows, object_id=object_id, more=page.next)


def _row(given: str | None) -> uuid.UUID | None:
    if not given:
        return None
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error
