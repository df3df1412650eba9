"""The form by which people say where they study or work."""

from typing import Final

from flask import Blueprint
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.identity import Permission
from zone.members.affiliations import service
from zone.members.affiliations.schemas import NewAffiliationSchema
from zone.members.people.pages import render_me
from zone.web import forms
from zone.web.auth import current_actor, may
from zone.web.forms import Data
from zone.web.kept_form import shows_again

pages: Final = Blueprint("members_affiliations_pages", __name__)


@pages.post("/me/affiliations")
@may(Permission.OWN_ACCOUNT)
@shows_again
def claim_affiliation() -> Response:
    """Add where one studies or works; a second submission of the same changes nothing."""
    return forms.handle(NewAffiliationSchema(), _add, page=render_me, then=lambda _: "/me")


def _add(session: Session, data: Data) -> Data:
    service.add_affiliation_once(
        session,
        current_actor().id,
        institution_code=data["institution"],
        role=data["role"],
        study_region=data["study_region"],
    )
    return {}
