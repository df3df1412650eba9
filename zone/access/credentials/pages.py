"""The form that takes the pass off every phone and signs out everywhere."""

from typing import Final

from flask import Blueprint, make_response, redirect
from werkzeug.wrappers import Response as BaseResponse

from zone.access.credentials import service
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.context import current_settings

pages: Final = Blueprint("access_credentials_pages", __name__)


@pages.post("/me/devices/removal")
@may(Permission.OWN_ACCOUNT)
def remove_all_devices() -> BaseResponse:
    """Take the pass off all of one's phones, and sign out on every device."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.revoke_all_keys(session, actor.id, now)
        sign_in_sessions.sign_out(session, actor, everywhere=True, now=now)
    response = make_response(redirect("/sign-in?done=phones", 303))
    session_cookie.clear_browser(response, current_settings())
    return response
