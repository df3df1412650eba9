"""The page of the invariants: which hold, what breaks the others, and a button to recount them."""

from typing import Final

from flask import Blueprint, Response, current_app, redirect, render_template
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.i18n import translate
from zone.core.identity import Permission
from zone.operation.integrity import flows, queries
from zone.operation.integrity.queries import Integrity
from zone.operation.integrity.service import JOB
from zone.web.auth import current_actor, may
from zone.web.context import invariants_of
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("operation_integrity_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/integrity"


@pages.get(PAGE)
@may(Permission.OPERATION_READ)
def show_integrity() -> str:
    """Every invariant in words, with what the last recount found."""
    return _page()


@pages.post(PAGE)
@may(Permission.INTEGRITY_CHECK)
def check_integrity() -> WerkzeugResponse:
    """Have every invariant recounted; while a recount runs, that is the one."""
    try:
        flows.request_recount(current_actor(), utc_now())
    except DomainError as refusal:
        return Response(_page(refusal), refusal.status, mimetype="text/html")
    return redirect(PAGE, 303)


def _page(refusal: DomainError | None = None) -> str:
    with reading() as session:
        found = queries.integrity(session, invariants_of(current_app), JOB, utc_now())
    return integrity_page(found, refusal_messages(refusal))


def integrity_page(found: Integrity, reasons: list[str]) -> str:
    """Render the page."""
    return render_template(
        "operation/integrity/integrity.html",
        found=found,
        reasons=reasons,
        say=lambda english: translate(english, language()),
    )
