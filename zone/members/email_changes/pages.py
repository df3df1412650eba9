"""The forms by which people change their e-mail address. Plain forms, no script."""

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.members.email_changes import flows, queries
from zone.members.email_changes.schemas import EmailChangeCodeSchema
from zone.members.people import queries as people_queries
from zone.members.people.pages import render_me
from zone.members.people.schemas import AddressSchema
from zone.web import browser_cookies, forms
from zone.web.auth import current_actor, may
from zone.web.context import client_address, current_settings
from zone.web.forms import FormState
from zone.web.kept_form import is_shown_again, shows_again

pages: Final = Blueprint("members_email_changes_pages", __name__, template_folder="templates")
DONE: Final = "/me?done=email"


@pages.post("/me/email")
@may(Permission.OWN_ACCOUNT)
@shows_again
def request_change() -> Response:
    """Send a code to the new address, and go to the form to type it."""
    # Not `forms.handle`: a refused attempt counts too, so it cannot share the form's transaction.
    typed = forms.read(AddressSchema())
    if is_shown_again(request):
        return forms.shown_again(render_me, typed)
    try:
        email = forms.validate(AddressSchema(), typed)["email"]
        flows.request_change(_requester(), email, current_settings(), utc_now())
    except DomainError as refusal:
        return forms.refused(render_me, refusal, typed, key="")
    return redirect("/me/email", 303)


@pages.get("/me/email")
@may(Permission.OWN_ACCOUNT)
def type_code() -> str:
    """Show the form for the code, or that no change waits for one."""
    return _code_page(FormState())


@pages.post("/me/email/confirmation")
@may(Permission.OWN_ACCOUNT)
def confirm_change() -> Response:
    """Change the address by the code; a second tap leads to the same place."""
    actor, typed = current_actor(), forms.read(EmailChangeCodeSchema())
    try:
        code = forms.validate(EmailChangeCodeSchema(), typed)["code"]
        mark = flows.confirm_change(_requester(), code, current_settings(), utc_now())
    except DomainError as refusal:
        if _is_changed(actor.id):
            return redirect(DONE, 303)
        return forms.refused(_code_page, refusal, typed, key="")
    response = make_response(redirect(DONE, 303))
    browser_cookies.KNOWN.write(response, mark, current_settings())
    return response


def _requester() -> flows.Requester:
    mark = browser_cookies.KNOWN.read(request, current_settings())
    actor = current_actor()
    return flows.Requester(actor.id, client_address(request), mark, actor.session_id)


def _is_changed(member_id: int) -> bool:
    """Whether the newest change of a person was confirmed already."""
    with reading() as session:
        newest = queries.newest_change(session, member_id)
        member = people_queries.member_by_id(session, member_id)
        return newest is not None and newest.used_at is not None and newest.email == member.email


def _code_page(state: FormState) -> str:
    with reading() as session:
        address = queries.waiting_address(session, current_actor().id, utc_now())
    return render_template(
        "members/email_changes/code.html",
        address=address,
        code=state.values.get("code", ""),
        error=next(iter(state.messages), None),
    )
