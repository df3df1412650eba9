"""JSON API of signing in."""

from typing import Final

from flask import Response, make_response, request

from zone.core.clock import utc_now
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.members.people.errors import EMAIL_INVALID
from zone.members.people.schemas import AddressSchema
from zone.members.sign_in import flows, rules
from zone.members.sign_in.errors import CODE_WRONG, PASSWORD_WRONG
from zone.members.sign_in.flows import SignInAttempt
from zone.members.sign_in.schemas import CodeSchema, CodeSentSchema, PasswordSchema
from zone.web import context, session_cookie
from zone.web.auth import public
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.refusals import refuses

api: Final = Blueprint("members_sign_in", __name__, tag="members")


@api.post("/sign-in/code")
@api.arguments(AddressSchema)
@api.response(202, CodeSentSchema)
@public
@refuses(EMAIL_INVALID, TOO_MANY_REQUESTS)
def send_code(data: dict[str, str]) -> dict[str, int]:
    """Send a 6-digit code to an address. The answer is the same whether we know it or not."""
    flows.send_code(data["email"], _attempt(), current_settings(), utc_now())
    return {"minutes": rules.CODE_LIFE.seconds // 60}


@api.post("/sign-in")
@api.arguments(CodeSchema)
@api.response(204)
@public
@refuses(EMAIL_INVALID, CODE_WRONG, TOO_MANY_REQUESTS)
def sign_in(data: dict[str, str]) -> Response:
    """Sign in with a code; the session is in the cookie. The first time makes the account."""
    signed_in = flows.sign_in_by_code(
        data["email"], data["code"], _attempt(), current_settings(), utc_now()
    )
    return _with_cookie(signed_in.token)


@api.post("/sign-in/password")
@api.arguments(PasswordSchema)
@api.response(204)
@public
@refuses(EMAIL_INVALID, PASSWORD_WRONG, TOO_MANY_REQUESTS)
def sign_in_by_password(data: dict[str, str]) -> Response:
    """Sign in to a staff account."""
    signed_in = flows.sign_in_by_password(data["email"], data["password"], _attempt(), utc_now())
    return _with_cookie(signed_in.token)


def _attempt() -> SignInAttempt:
    return SignInAttempt(context.client_address(request), language())


def _with_cookie(token: str) -> Response:
    response = make_response("", 204)
    session_cookie.set_cookie(response, token, current_settings())
    return response
