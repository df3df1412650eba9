"""Pages of signing in and of oneself. Plain forms, no script."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http.auth import current_actor, public, signed_in
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members import entrance, queries, service
from zone.members.api import left, visitor, with_session
from zone.members.entrance import Entered
from zone.members.errors import AFFILIATION_EXISTS
from zone.members.rules import CAPITAL_REGION, SERVICE_ROLES

pages: Final = Blueprint("people", __name__, template_folder="templates")
demo_pages: Final = Blueprint("demo", __name__)
"""Registered in demo mode only: elsewhere its address does not exist."""

HOME: Final = "/pass"
MOST_DEMO_PEOPLE: Final = 12


@pages.get("/")
@public
def start() -> BaseResponse:
    """The address that people type."""
    return redirect("/sign-in" if g.actor is None else HOME, 303)


def local(address: str) -> str:
    """`address` if it is a path on this site, else home. Browsers read a backslash as a slash and skip controls."""
    odd = any(character <= " " or character in "\\\x7f" for character in address)
    return HOME if odd or not address.startswith("/") or address.startswith("//") else address


@pages.get("/sign-in")
@public
def sign_in_form() -> str | BaseResponse:
    """Ask for the address that the code goes to."""
    if g.actor is not None:
        return redirect(local(request.args.get("next", "")), 303)
    return _ask_address(request.args.get("next", ""))


@pages.post("/sign-in/code")
@public
def send_code() -> str | Response:
    """Send the code and ask for it."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        entrance.ask_for_code(email, visitor(), current_settings(), utc_now())
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
        entered = entrance.enter_by_code(email, code, visitor(), current_settings(), utc_now())
    except DomainError as refusal:
        return _again(_ask_code(onward, email, refusal), refusal)
    return _let_in(entered, onward)


@pages.get("/sign-in/password")
@public
def password_form() -> str:
    """The way in for staff when mail is down."""
    return render_template("members/password.html", onward=request.args.get("next", ""), email="", error=None)


@pages.post("/sign-in/password")
@public
def sign_in_by_password() -> BaseResponse:
    """Take a staff password."""
    email, onward = request.form.get("email", ""), request.form.get("next", "")
    try:
        entered = entrance.enter_by_password(email, request.form.get("password", ""), visitor(), utc_now())
    except DomainError as refusal:
        page = render_template("members/password.html", onward=onward, email=email, error=_sentence(refusal))
        return _again(page, refusal)
    return _let_in(entered, onward)


@demo_pages.post("/demo/sign-in")
@public
def sign_in_to_demo() -> BaseResponse:
    """One click, and one is a person of the demo."""
    return _let_in(entrance.enter_in_demo(request.form.get("email", ""), utc_now()), request.form.get("next", ""))


@pages.post("/sign-out")
@signed_in
def sign_out() -> BaseResponse:
    """Leave on this browser, or with `everywhere` on all of them."""
    return _away(left(everywhere="everywhere" in request.form))


def _away(response: Response) -> Response:
    response.status_code = 303
    response.headers["Location"] = "/sign-in"
    response.headers["Clear-Site-Data"] = '"storage"'  # the pass must not stay for the next person at this browser
    return response


@pages.get("/me")
@signed_in
def me() -> str:
    """Name, language, where one studies or works, devices, and the way out."""
    actor, today = current_actor(), helsinki_date(utc_now())
    with reading() as session:
        return render_template(
            "members/me.html",
            member=queries.member_by_id(session, actor.id),
            claims=queries.claims(session, actor.id, today),
            institution_options=[(one.code, one.name) for one in queries.institutions(session)],
            onward=request.args.get("next", ""),
            roles=sorted(actor.roles & SERVICE_ROLES),
        )


@pages.post("/me")
@signed_in
def change_me() -> BaseResponse:
    """Keep a new name or language."""
    form = request.form
    with writing() as session:
        member = service.describe_member(
            session, current_actor().id, name=form.get("name"), language=form.get("language")
        )
    onward = local(form["next"]) if form.get("next") else "/me"
    return redirect(onward + ("&" if "?" in onward else "?") + f"lang={member.language}", 303)


@pages.post("/me/affiliations")
@signed_in
def claim_affiliation() -> BaseResponse:
    """Keep what a person says of where they study or work, once however often it is tapped."""
    form = request.form
    region = CAPITAL_REGION if form.get("study_region") == CAPITAL_REGION else None
    try:
        with writing() as session:
            service.add_affiliation(
                session, current_actor().id, institution_code=form.get("institution", ""), role=form.get("role", ""),
                study_region=region,
            )  # fmt: skip
    except DomainError as refusal:
        if refusal.reasons[0] is not AFFILIATION_EXISTS:
            raise
    return redirect("/me", 303)


def _ask_address(onward: str, email: str = "", refusal: DomainError | None = None) -> str:
    people = []
    if current_settings().demo:
        with reading() as session:
            people = queries.with_roles(session, most=MOST_DEMO_PEOPLE)
    return render_template("members/sign_in.html", onward=onward, email=email, error=_sentence(refusal), people=people)


def _ask_code(onward: str, email: str, refusal: DomainError | None = None) -> str:
    return render_template("members/code.html", onward=onward, email=email, error=_sentence(refusal))


def _sentence(refusal: DomainError | None) -> str | None:
    return None if refusal is None else refusal.reasons[0].text(language(), refusal.params)


def _again(page: str, refusal: DomainError) -> Response:
    response = make_response(page, refusal.status)
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def _let_in(entered: Entered, onward: str) -> Response:
    goal = local(onward)
    if entered.nameless:
        goal = "/me?" + urlencode({"next": goal})
    return with_session(make_response(redirect(goal, 303)), entered.token)
