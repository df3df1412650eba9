"""Pages of signing in. Plain forms, no script."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.members.roles import queries as roles_queries
from zone.members.sign_in import flows
from zone.members.sign_in.flows import NewSession, SignInAttempt
from zone.members.sign_in.rules import HOME, local_path
from zone.web import context, session_cookie
from zone.web.auth import public
from zone.web.context import current_settings
from zone.web.language import language

pages: Final = Blueprint("members_sign_in_pages", __name__, template_folder="templates")
demo_pages: Final = Blueprint("members_sign_in_demo_pages", __name__)
"""Registered in demo mode only: elsewhere its address does not exist."""

MOST_DEMO_PEOPLE: Final = 12


def _attempt() -> SignInAttempt:
    return SignInAttempt(context.client_address(request), language())


@pages.get("/")
@public
def start() -> BaseResponse:
    """The address that people type."""
    return redirect("/sign-in" if g.actor is None else HOME, 303)


@pages.get("/sign-in")
@public
def sign_in_form() -> str | BaseResponse:
    """Ask for the address that the code goes to."""
    if g.actor is not None:
        return redirect(local_path(request.args.get("next", "")), 303)
    return _ask_address(request.args.get("next", ""))


@pages.post("/sign-in/code")
@public
def send_code() -> str | Response:
    """Send the code and ask for it."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        flows.ask_for_code(email, _attempt(), current_settings(), utc_now())
    except DomainError as refusal:
        return _again(_ask_address(onward, email, refusal), refusal)
    return _ask_code(onward, email)


@pages.post("/sign-in")
@public
def sign_in() -> BaseResponse:
    """Take the code."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        code = request.form.get("code", "")
        entered = flows.enter_by_code(email, code, _attempt(), current_settings(), utc_now())
    except DomainError as refusal:
        return _again(_ask_code(onward, email, refusal), refusal)
    return _let_in(entered, onward)


@pages.get("/sign-in/password")
@public
def password_form() -> str:
    """The way in for staff when mail is down."""
    return render_template(
        "members/sign_in/password.html", onward=request.args.get("next", ""), email="", error=None
    )


@pages.post("/sign-in/password")
@public
def sign_in_by_password() -> BaseResponse:
    """Take a staff password."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        entered = flows.enter_by_password(
            email, request.form.get("password", ""), _attempt(), utc_now()
        )
    except DomainError as refusal:
        page = render_template(
            "members/sign_in/password.html", onward=onward, email=email, error=_sentence(refusal)
        )
        return _again(page, refusal)
    return _let_in(entered, onward)


@demo_pages.post("/demo/sign-in")
@public
def sign_in_to_demo() -> BaseResponse:
    """One click, and one is a person of the demo."""
    return _let_in(
        flows.enter_in_demo(request.form.get("email", ""), utc_now()), request.form.get("next", "")
    )


def _ask_address(onward: str, email: str = "", refusal: DomainError | None = None) -> str:
    people = []
    if current_settings().demo:
        with reading() as session:
            people = roles_queries.people_with_role(session, most=MOST_DEMO_PEOPLE)
    return render_template(
        "members/sign_in/sign_in.html",
        onward=onward,
        email=email,
        error=_sentence(refusal),
        people=people,
    )


def _ask_code(onward: str, email: str, refusal: DomainError | None = None) -> str:
    return render_template(
        "members/sign_in/code.html", onward=onward, email=email, error=_sentence(refusal)
    )


def _sentence(refusal: DomainError | None) -> str | None:
    return None if refusal is None else refusal.reasons[0].text(language(), refusal.params)


def _again(page: str, refusal: DomainError) -> Response:
    response = make_response(page, refusal.status)
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def _let_in(entered: NewSession, onward: str) -> Response:
    goal = local_path(onward)
    if entered.nameless:
        goal = "/me?" + urlencode({"next": goal})
    response = make_response(redirect(goal, 303))
    session_cookie.set_cookie(response, entered.token, current_settings())
    return response
