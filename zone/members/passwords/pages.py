"""The page on which staff change their own password. A plain form, no script."""

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.members.passwords import flows, queries
from zone.members.passwords.errors import CURRENT_PASSWORD_WRONG
from zone.members.passwords.rules import LEAST_PASSWORD
from zone.web import one_time
from zone.web.auth import current_actor, may
from zone.web.language import language

pages: Final = Blueprint("members_passwords_pages", __name__, template_folder="templates")


@pages.get("/me/password")
@may(Permission.PASSWORD_WRITE)
def password_form() -> str:
    """Ask for the current and the new password."""
    return _page(None)


@pages.post("/me/password")
@may(Permission.PASSWORD_WRITE)
def change_password() -> BaseResponse:
    """Change one's own password."""
    # Not by `forms`, which trims what was typed: spaces belong to a password. Nor is it cut: the
    # person would sign in with the whole one.
    current, password = request.form.get("current", ""), request.form.get("password", "")
    try:
        flows.change_password(current_actor(), current, password, utc_now())
    except DomainError as refusal:
        response = make_response(_page(refusal), refusal.status)
        if "retry_after" in refusal.extra:
            response.headers["Retry-After"] = str(refusal.extra["retry_after"])
        return response
    return redirect("/me/password?done=1", 303)


def _page(refusal: DomainError | None) -> str:
    with reading() as session:
        has_password = queries.password_hash(session, current_actor().id) is not None
    sentence = refusal and refusal.reasons[0].text(language(), refusal.params)
    is_current = refusal is not None and refusal.reasons[0] is CURRENT_PASSWORD_WRONG
    return render_template(
        "members/passwords/change_password.html",
        has_password=has_password,
        least=LEAST_PASSWORD,
        current_error=sentence if is_current else None,
        password_error=None if is_current else sentence,
        done=refusal is None and one_time.done() is not None,
    )
