"""The forms of signing out."""

import uuid
from typing import Final

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.members.sign_in_sessions import service
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.context import ALSO_END, current_settings, end_shared_access

pages: Final = Blueprint("members_sign_in_sessions_pages", __name__)


@pages.post("/sign-out")
@may(Permission.OWN_ACCOUNT)
def sign_out() -> BaseResponse:
    """Sign out on this browser, or with `everywhere` on all of them and end what is ticked."""
    everywhere = "everywhere" in request.form
    with writing() as session:
        service.sign_out(session, current_actor(), everywhere=everywhere, now=utc_now())
        if everywhere:
            end_shared_access(session, current_actor().id, request.form.getlist(ALSO_END))
    return _signed_out("everywhere" if everywhere else "here")


@pages.post("/me/sessions/<uuid:sign_in_session>/end")
@may(Permission.OWN_ACCOUNT)
def end_session(sign_in_session: uuid.UUID) -> BaseResponse:
    """Sign one of one's browsers out."""
    with writing() as session:
        is_own = service.end_own_session(session, current_actor(), sign_in_session, utc_now())
    return _signed_out("here") if is_own else redirect("/me#browsers", 303)


def _signed_out(ended: str) -> BaseResponse:
    response = make_response(redirect(f"/sign-in?done={ended}", 303))
    session_cookie.clear_browser(response, current_settings())
    return response
