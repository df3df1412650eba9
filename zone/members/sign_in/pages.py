"""Pages of signing in. Plain forms, no script."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.members.people import queries as people_queries
from zone.members.roles import queries as roles_queries
from zone.members.roles.pages import role_names
from zone.members.sign_in import flows
from zone.members.sign_in.flows import NewSession, SignInAttempt
from zone.members.sign_in.rules import local_path
from zone.web import browser_cookies, context, kept_form, one_time, session_cookie
from zone.web.auth import public
from zone.web.context import current_settings
from zone.web.field_errors import field_error, note_field_errors
from zone.web.home import home_of
from zone.web.kept_form import KeptForm
from zone.web.language import language

pages: Final = Blueprint("members_sign_in_pages", __name__, template_folder="templates")
demo_pages: Final = Blueprint("members_sign_in_demo_pages", __name__)
"""Registered in demo mode only."""

MOST_DEMO_PEOPLE: Final = 6
"""The first of the example: one of each role. A term has hundreds more."""


@pages.get("/sign-in")
@public
def sign_in_form() -> str | BaseResponse:
    """Show the form for the address to which the code is sent."""
    if g.actor is not None:
        return redirect(local_path(request.args.get("next", ""), home_of(g.actor.roles)), 303)
    return _ask_address(request.args.get("next", ""))


@pages.post("/sign-in/again")
@public
def sign_in_again() -> str | BaseResponse:
    """Show the form for the address, or for a password, to a person whose form was refused because
    they were signed out; what they typed is carried along.
    """
    onward = request.args.get("next") or request.form.get("next", "")
    if g.actor is not None:  # signed in by now, on another page
        shown = _kept_form()
        return shown or redirect(local_path(onward, home_of(g.actor.roles)), 303)
    return _ask_password(onward) if "password" in request.form else _ask_address(onward)


@pages.post("/sign-in/code")
@public
def send_code() -> Response:
    """Send a code, and show the form to type it."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    settings = current_settings()
    try:
        token = flows.send_code(email, _attempt(), settings, utc_now())
    except DomainError as refusal:
        return _refused(_ask_address(onward, email, refusal), refusal)
    response = make_response(_ask_code(onward, email))
    browser_cookies.CODE.write(response, token, settings)
    return response


@pages.post("/sign-in")
@public
def sign_in() -> BaseResponse:
    """Sign in with a code."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        code = request.form.get("code", "")
        signed_in = flows.sign_in_by_code(email, code, _attempt(), current_settings(), utc_now())
    except DomainError as refusal:
        if _is_signed_in_as(email):  # the second tap on the button, with the code used by then
            return redirect(local_path(onward, home_of(g.actor.roles)), 303)
        return _refused(_ask_code(onward, email, refusal), refusal)
    return _signed_in(signed_in, onward)


@pages.get("/sign-in/password")
@public
def password_form() -> str:
    """Ask staff for a password, for when mail does not work."""
    return _ask_password(request.args.get("next", ""))


@pages.post("/sign-in/password")
@public
def sign_in_by_password() -> BaseResponse:
    """Sign in with a staff password."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        signed_in = flows.sign_in_by_password(
            email, request.form.get("password", ""), _attempt(), current_settings(), utc_now()
        )
    except DomainError as refusal:
        note_field_errors(refusal)
        error = None if field_error("email") else _sentence(refusal)
        return _refused(_ask_password(onward, email, error), refusal)
    return _signed_in(signed_in, onward)


@demo_pages.post("/demo/sign-in")
@public
def sign_in_to_demo() -> BaseResponse:
    """Sign in as a person of the demo with one click."""
    email = request.form.get("email") or request.form.get("anybody", "")
    onward = request.form.get("next", "")
    try:
        before = session_cookie.token_of(request, current_settings()) or ""
        signed_in = flows.sign_in_to_demo(email, utc_now(), request.user_agent.string, before)
    except DomainError as refusal:
        note_field_errors(refusal)
        return _refused(_ask_address(onward, nobody=email), refusal)
    return _signed_in(signed_in, onward)


def _is_signed_in_as(email: str) -> bool:
    """Whether this browser is signed in as the person with that address."""
    with reading() as session:
        person = people_queries.member_by_email(session, email)
    return g.actor is not None and person is not None and person.id == g.actor.id


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


def _ask_address(
    onward: str, email: str = "", refusal: DomainError | None = None, nobody: str = ""
) -> str:
    """Return the page; `nobody` is an address that no person of the demo has."""
    people = []
    if current_settings().demo:
        with reading() as session:
            people = roles_queries.people_with_role(session, most=MOST_DEMO_PEOPLE)
    return address_page(onward, _kept(), email, refusal, people, nobody, one_time.done())


def address_page(
    onward: str,
    kept: str = "",
    email: str = "",
    refusal: DomainError | None = None,
    people: Sequence[Any] = (),
    nobody: str = "",
    signed_out: str | None = None,
) -> str:
    """Return the page that asks for an address; `people` are those of the demo."""
    return render_template(
        "members/sign_in/sign_in.html",
        onward=onward,
        kept=kept,
        email=email,
        error=_sentence(refusal),
        people=people,
        role_names=role_names(),
        nobody=nobody,
        signed_out=signed_out,
    )


def _ask_password(onward: str, email: str = "", error: str | None = None) -> str:
    return password_page(onward, _kept(), email, error)


def password_page(onward: str, kept: str = "", email: str = "", error: str | None = None) -> str:
    """Return the page that asks staff for a password."""
    return render_template(
        "members/sign_in/password.html", onward=onward, kept=kept, email=email, error=error
    )


def _ask_code(onward: str, email: str, refusal: DomainError | None = None) -> str:
    return code_page(onward, _kept(), email, request.form.get("code", ""), refusal)


def code_page(
    onward: str, kept: str, email: str, code: str = "", refusal: DomainError | None = None
) -> str:
    """Return the page that asks for the mailed code."""
    return render_template(
        "members/sign_in/code.html",
        onward=onward,
        kept=kept,
        email=email,
        code=code,
        error=_sentence(refusal),
    )


def _kept() -> str:
    """Return what the pages of signing in carry along, unread."""
    return request.form.get(kept_form.FIELD, "")


def _kept_form(onward: str = "/") -> str | None:
    """Return the page that leads back to the form that was carried along, if there is one."""
    found = kept_form.from_text(_kept())
    if found is None:
        return None
    return kept_page(found, onward)


def kept_page(form: KeptForm, onward: str) -> str:
    """Return the page that leads back to a form."""
    return render_template("members/sign_in/kept.html", form=form, onward=onward)


def _sentence(refusal: DomainError | None) -> str | None:
    return None if refusal is None else refusal.reasons[0].text(language(), refusal.params)


def _refused(page: str, refusal: DomainError) -> Response:
    response = make_response(page, refusal.status)
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def _signed_in(signed_in: NewSession, onward: str) -> Response:
    path = local_path(onward, home_of(signed_in.roles))
    if signed_in.nameless:
        path = "/me?" + urlencode({"next": path})
    response = make_response(_kept_form(path) or redirect(path, 303))
    settings = current_settings()
    session_cookie.set_cookie(response, signed_in.token, settings)
    if signed_in.mark:
        browser_cookies.KNOWN.write(response, signed_in.mark, settings)
    browser_cookies.CODE.delete(response, settings)
    return response
