"""JSON API of signing out."""

from typing import Final

from flask import Response, make_response

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.members.sign_in_sessions import service
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings

api: Final = Blueprint("members_sign_in_sessions", __name__, tag="members")


@api.delete("/me/session")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def sign_out() -> Response:
    """Sign this browser out."""
    return _signed_out(everywhere=False)


@api.delete("/me/sessions")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def sign_out_everywhere() -> Response:
    """Sign out on every device, this one too."""
    return _signed_out(everywhere=True)


def _signed_out(*, everywhere: bool) -> Response:
    with writing() as session:
        service.sign_out(session, current_actor(), everywhere=everywhere, now=utc_now())
    response = make_response("", 204)
    session_cookie.delete_cookie(response, current_settings())
    return response
