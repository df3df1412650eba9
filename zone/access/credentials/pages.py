"""One's own phones, and the forms that take the pass off them."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from zone.access.credentials import queries, service
from zone.access.credentials.queries import PhoneView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie
from zone.web.auth import current_actor, may
from zone.web.context import ALSO_END, current_settings, end_shared_access

pages: Final = Blueprint("access_credentials_pages", __name__)


@pages.app_context_processor
def offer_own_phones() -> dict[str, Callable[[], list[PhoneView]]]:
    """Offer `own_phones()` to the page of one's own record, whose feature cannot import this."""
    return {"own_phones": own_phones}


def own_phones() -> list[PhoneView]:
    """Return the reader's phones that hold the pass."""
    with reading() as session:
        return queries.phones(session, current_actor().id)


@pages.post("/me/devices/<kid>/removal")
@may(Permission.OWN_ACCOUNT)
def remove_device(kid: str) -> BaseResponse:
    """Take the pass off one of one's phones; a second tap changes nothing."""
    try:
        raw = bytes.fromhex(kid)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
    with writing() as session:
        service.revoke_key(session, current_actor().id, raw, utc_now())
    return redirect("/me?done=phone#phones", 303)


@pages.post("/me/devices/removal")
@may(Permission.OWN_ACCOUNT)
def remove_all_devices() -> BaseResponse:
    """Take the pass off all of one's phones, sign out on every device, and end what is ticked."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.revoke_all_keys(session, actor.id, now)
        sign_in_sessions.sign_out(session, actor, everywhere=True, now=now)
        end_shared_access(session, actor.id, request.form.getlist(ALSO_END))
    response = make_response(redirect("/sign-in?done=phones", 303))
    session_cookie.clear_browser(response, current_settings())
    return response
