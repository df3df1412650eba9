"""JSON API of signing out, and of the browsers in which one is signed in."""

import uuid
from typing import Any, Final

from flask import Response, make_response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.members.sign_in_sessions import queries, service
from zone.members.sign_in_sessions.schemas import SignInSessionsSchema, SignOutEverywhereSchema
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings, end_shared_access
from zone.web.refusals import refuses

api: Final = Blueprint("members_sign_in_sessions", __name__, tag="members")


@api.get("/me/sessions")
@api.response(200, SignInSessionsSchema)
@may(Permission.OWN_ACCOUNT)
def list_sessions() -> dict[str, Any]:
    """The browsers in which one is signed in, the last used first."""
    with reading() as session:
        return {"sessions": queries.live_sessions(session, current_actor(), utc_now())}


@api.delete("/me/sessions/<uuid:sign_in_session>")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND)
def end_session(sign_in_session: uuid.UUID) -> Response:
    """Sign one of one's browsers out; doing it again changes nothing."""
    with writing() as session:
        is_own = service.end_own_session(session, current_actor(), sign_in_session, utc_now())
    response = make_response("", 204)
    if is_own:
        session_cookie.clear_browser(response, current_settings())
    return response


@api.delete("/me/session")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def sign_out() -> Response:
    """Sign this browser out."""
    return _signed_out(everywhere=False)


@api.delete("/me/sessions")
@api.arguments(SignOutEverywhereSchema, location="query")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def sign_out_everywhere(data: dict[str, Any]) -> Response:
    """Sign out on every device, this one too. The address of one's calendar ends, unless it is
    kept. The pass on one's phones goes on opening doors; `DELETE /me/devices` takes it off. API
    tokens go on too; `DELETE /tokens/…` ends one, and a new password all.
    """
    return _signed_out(everywhere=True, keep_calendar=data["keep_calendar"])


def _signed_out(*, everywhere: bool, keep_calendar: bool = False) -> Response:
    with writing() as session:
        service.sign_out(session, current_actor(), everywhere=everywhere, now=utc_now())
        if everywhere and not keep_calendar:
            end_shared_access(session, current_actor().id)
    response = make_response("", 204)
    session_cookie.clear_browser(response, current_settings())
    return response
