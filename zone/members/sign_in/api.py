"""JSON API of signing in."""

from typing import Final

from flask import Response, jsonify, make_response, request

from zone.core.clock import utc_now
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.members.people.errors import EMAIL_INVALID
from zone.members.people.schemas import AddressSchema
from zone.members.sign_in import flows, rules
from zone.members.sign_in.errors import CODE_WRONG, PASSWORD_WRONG
from zone.members.sign_in.flows import NewSession, SignInAttempt
from zone.members.sign_in.schemas import CodeSchema, CodeSentSchema, PasswordSchema
from zone.web import browser_cookies, context, session_cookie
from zone.web.auth import public
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.refusals import refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("members_sign_in", __name__, tag="members")


@api.post("/sign-in/code")
@api.arguments(AddressSchema)
@api.response(202, CodeSentSchema)
@public
@refuses(EMAIL_INVALID, TOO_MANY_REQUESTS)
def send_code(data: dict[str, str]) -> Response:
    """Send a 6-digit code to an address. The answer is the same whether we know it or not. The code
    works only with the cookie of this answer.
    """
    settings = current_settings()
    token = flows.send_code(data["email"], _attempt(), settings, utc_now())
    response = jsonify(dump_json(CodeSentSchema(), {"minutes": rules.CODE_LIFE.seconds // 60}))
    response.status_code = 202
    browser_cookies.CODE.write(response, token, settings)
    return response


@api.post("/sign-in")
@api.arguments(CodeSchema)
@api.response(204)
@public
@refuses(EMAIL_INVALID, CODE_WRONG, TOO_MANY_REQUESTS)
def sign_in(data: dict[str, str]) -> Response:
    """Sign in with a code and the cookie of the answer to asking for it; the session is in another
    cookie. The first time makes the account.
    """
    signed_in = flows.sign_in_by_code(
        data["email"], data["code"], _attempt(), current_settings(), utc_now()
    )
    return _signed_in(signed_in)


@api.post("/sign-in/password")
@api.arguments(PasswordSchema)
@api.response(204)
@public
@refuses(EMAIL_INVALID, PASSWORD_WRONG, TOO_MANY_REQUESTS)
def sign_in_by_password(data: dict[str, str]) -> Response:
    """Sign in to a staff account."""
    signed_in = flows.sign_in_by_password(
        data["email"], data["password"], _attempt(), current_settings(), utc_now()
    )
    return _signed_in(signed_in)


def _attempt() -> SignInAttempt:
    settings = current_settings()
    return SignInAttempt(
        context.client_address(request),
        language(),
        browser_cookies.CODE.read(request, settings),
        browser_cookies.KNOWN.read(request, settings),
        request.user_agent.string,
        session_cookie.token_of(request, settings) or "",
    )


def _signed_in(signed_in: NewSession) -> Response:
    response, settings = make_response("", 204), current_settings()
    session_cookie.set_cookie(response, signed_in.token, settings)
    browser_cookies.KNOWN.write(response, signed_in.mark, settings)
    browser_cookies.CODE.delete(response, settings)
    return response
