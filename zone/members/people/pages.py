"""The page of one's own record. Plain forms, no script."""

from typing import Final

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.members.affiliations import queries as affiliations_queries
from zone.members.people import queries, service
from zone.members.roles.rules import SERVICE_ROLES
from zone.members.sign_in.rules import local_path
from zone.web.auth import current_actor, may

pages: Final = Blueprint("members_people_pages", __name__, template_folder="templates")


@pages.get("/me")
@may(Permission.OWN_ACCOUNT)
def me() -> str:
    """Name, language, where one studies or works, devices, and the way out."""
    actor, today = current_actor(), helsinki_date(utc_now())
    with reading() as session:
        return render_template(
            "members/people/me.html",
            member=queries.member_by_id(session, actor.id),
            claims=affiliations_queries.affiliations_of(session, actor.id, today),
            institution_options=[
                (one.code, one.name) for one in affiliations_queries.institutions(session)
            ],
            onward=request.args.get("next", ""),
            roles=sorted(actor.roles & SERVICE_ROLES),
        )


@pages.post("/me")
@may(Permission.OWN_ACCOUNT)
def change_me() -> BaseResponse:
    """Keep a new name or language."""
    form = request.form
    with writing() as session:
        member = service.update_member(
            session, current_actor().id, name=form.get("name"), language=form.get("language")
        )
    onward = local_path(form["next"]) if form.get("next") else "/me"
    return redirect(onward + ("&" if "?" in onward else "?") + f"lang={member.language}", 303)
