"""JSON API of changing one's e-mail address."""

from typing import Final

from flask import Response, after_this_request, request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.core.time import helsinki_date
from zone.members.email_changes import flows
from zone.members.email_changes.errors import EMAIL_UNCHANGED
from zone.members.email_changes.schemas import EmailChangeCodeSchema
from zone.members.people.errors import EMAIL_INVALID, MEMBER_EXISTS
from zone.members.people.queries import PersonView, member_by_id, person_view
from zone.members.people.schemas import AddressSchema, PersonSchema
from zone.members.sign_in.errors import CODE_WRONG
from zone.members.sign_in.rules import CODE_LIFE
from zone.members.sign_in.schemas import CodeSentSchema
from zone.web import browser_cookies
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import client_address, current_settings
from zone.web.refusals import refuses

api: Final = Blueprint("members_email_changes", __name__, tag="members")


@api.post("/me/email-changes")
@api.arguments(AddressSchema)
@api.response(202, CodeSentSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(EMAIL_INVALID, EMAIL_UNCHANGED, TOO_MANY_REQUESTS)
def request_email_change(data: dict[str, str]) -> dict[str, int]:
    """Send a 6-digit code to one's new address; nothing is changed until it is confirmed."""
    flows.request_change(_requester(), data["email"], current_settings(), utc_now())
    return {"minutes": CODE_LIFE.seconds // 60}


@api.post("/me/email-changes/confirmation")
@api.arguments(EmailChangeCodeSchema)
@api.response(200, PersonSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(CODE_WRONG, MEMBER_EXISTS)
def confirm_email_change(data: dict[str, str]) -> PersonView:
    """Change one's address by the code. The old address gets a notice."""
    actor, now, settings = current_actor(), utc_now(), current_settings()
    mark = flows.confirm_change(_requester(), data["code"], settings, now)

    @after_this_request
    def know_browser(response: Response) -> Response:
        browser_cookies.KNOWN.write(response, mark, settings)
        return response

    with reading() as session:
        return person_view(session, member_by_id(session, actor.id), helsinki_date(now))


def _requester() -> flows.Requester:
    mark = browser_cookies.KNOWN.read(request, current_settings())
    actor = current_actor()
    return flows.Requester(actor.id, client_address(request), mark, actor.session_id)
