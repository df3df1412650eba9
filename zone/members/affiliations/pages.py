"""The form by which people say where they study or work."""

from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.members.affiliations import service
from zone.members.affiliations.errors import AFFILIATION_EXISTS
from zone.members.eligibility.rules import CAPITAL_REGION
from zone.web.auth import current_actor, may

pages: Final = Blueprint("members_affiliations_pages", __name__)


@pages.post("/me/affiliations")
@may(Permission.OWN_ACCOUNT)
def claim_affiliation() -> BaseResponse:
    """Add where one studies or works; a second submission of the same changes nothing."""
    form = request.form
    region = CAPITAL_REGION if form.get("study_region") == CAPITAL_REGION else None
    try:
        with writing() as session:
            service.add_affiliation(
                session,
                current_actor().id,
                institution_code=form.get("institution", ""),
                role=form.get("role", ""),
                study_region=region,
            )
    except DomainError as refusal:
        if refusal.reasons[0] is not AFFILIATION_EXISTS:
            raise
    return redirect("/me", 303)
