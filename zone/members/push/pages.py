"""The form that turns notifications off in a browser. Its page is `people`'s, with this part."""

import uuid
from pathlib import Path
from typing import Final

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as BaseResponse

from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.members.push import service
from zone.web.auth import current_actor, may

pages: Final = Blueprint("members_push_pages", __name__, template_folder="templates")

PARTS: Final = Path(__file__).parent / "static"
PARTS_NAME: Final = "push"
"""The name of that folder below `/static/<digest>/`."""


@pages.post("/me/push/<uuid:subscription>/end")
@may(Permission.OWN_ACCOUNT)
def turn_off(subscription: uuid.UUID) -> BaseResponse:
    """Turn notifications off in one of one's own browsers; a second tap changes nothing."""
    try:
        with writing() as session:
            service.unsubscribe(session, current_actor(), subscription)
    except DomainError as refusal:
        if NOT_FOUND not in refusal.reasons:
            raise
    return redirect("/me?done=push-off#notifications", 303)
