"""The page of one's own record. Plain forms, no script."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Permission
from zone.core.text import initials, is_visible
from zone.core.time import helsinki_date
from zone.members.affiliations import queries as affiliations_queries
from zone.members.institutions import queries as institutions_queries
from zone.members.people import queries, service
from zone.members.people.schemas import OwnChangeSchema
from zone.members.push import queries as push_queries
from zone.members.roles.pages import role_names
from zone.members.sign_in.rules import local_path
from zone.members.sign_in_sessions.queries import live_sessions
from zone.members.tokens.queries import count_live
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, public, reader_id
from zone.web.context import current_settings, shared_access_of
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import keep_language
from zone.web.problems import INVALID_INPUT

pages: Final = Blueprint("members_people_pages", __name__, template_folder="templates")


@pages.get("/me")
@may(Permission.OWN_ACCOUNT)
def me() -> str:
    """Show name, language, where one studies or works, devices, and the buttons to sign out."""
    return render_me(onward=request.args.get("next", ""))


@pages.post("/me")
@may(Permission.OWN_ACCOUNT)
@shows_again
def change_me() -> Response:
    """Save one's own name, language and how long doors stay open."""
    onward = request.form.get("next", "")

    def work(session: Session, data: Data) -> Data:
        # `forms` leaves out what is empty, but an emptied name field means no name.
        emptied = "name" in request.form and not is_visible(request.form["name"])
        data = data | ({"name": ""} if emptied else {})
        service.update_member(session, current_actor().id, **data, now=utc_now())
        return {}

    return forms.handle(
        OwnChangeSchema(),
        work,
        page=lambda state: render_me(state, onward=onward),
        then=lambda _data: local_path(onward) if onward else "/me",
    )


@pages.post("/language")
@public
def choose_language() -> Response:
    """Keep the chosen language: with the account, whose mails follow it, or for a guest."""
    chosen = request.form.get("language")
    if chosen not in LANGUAGES:
        raise DomainError(INVALID_INPUT)
    response = make_response(redirect(local_path(request.form.get("next", ""), "/"), 303))
    person_id = reader_id()
    if person_id is None:
        keep_language(response, chosen, current_settings())
    else:
        with writing() as session:
            service.update_member(session, person_id, language=chosen, now=utc_now())
        g.actor = replace(g.actor, language=chosen)
    return response


def render_me(form: FormState | None = None, *, onward: str = "") -> str:
    """Return the page; `form` is one of its forms that was refused."""
    actor, now = current_actor(), utc_now()
    today = helsinki_date(now)
    with reading() as session:
        member = queries.member_by_id(session, actor.id)
        affiliations = affiliations_queries.affiliations_of(session, actor.id, today)
        institutions = institutions_queries.institutions(session)
        regions = institutions_queries.study_regions(session)
        sessions = live_sessions(session, actor, now)
        tokens = count_live(session, actor.id, now)
        push_browsers = push_queries.browsers(session, actor, now)
        also_end = shared_access_of(session, actor.id)
    stored: dict[str, Any] = {
        "name": member.name,
        "language": member.language,
        "more_time": member.more_time,
    }
    return render_template(
        "members/people/me.html",
        member=member,
        form=form or FormState(),
        values=stored | dict(form.values if form else {}),
        affiliations=affiliations,
        none_proven=not any(affiliation.proven_until for affiliation in affiliations),
        institution_options=[(row.code, row.name) for row in institutions],
        region_options=[
            *((one.code, own_name(dict(one.name))) for one in regions),
            ("", _("elsewhere")),
        ],
        onward=onward,
        sessions=sessions,
        tokens=tokens,
        push_browsers=push_browsers,
        also_end=[(one.name, one.label) for one in also_end],
        initials=initials(member.name),
        today=today,
        yesterday=today - timedelta(days=1),
        done=one_time.done(),
        roles=[name for role, name in role_names().items() if role in actor.roles],
    )
