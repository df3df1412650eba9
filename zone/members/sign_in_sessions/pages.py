"""The form of signing out."""

from typing import Final

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.members.sign_in_sessions import service
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.context import current_settings

pages: Final = Blueprint("members_sign_in_sessions_pages", __name__)


@pages.post("/sign-out")
@may(Permission.OWN_ACCOUNT)
def sign_out() -> BaseResponse:
    """Sign out on this browser, or with `everywhere` on all of them."""
    with writing() as session:
        service.sign_out(
            session, current_actor(), everywhere="everywhere" in request.form, now=utc_now()
        )
    response = make_response(redirect("/sign-in", 303))
    session_cookie.delete_cookie(response, current_settings())
    # The pass page stores its key in IndexedDB; the next person at this browser must not have it.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response
