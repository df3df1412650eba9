"""The page of search results; the words travel in a request's body, so no log holds a name."""

from typing import Final

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.desk.search.flows import find_people
from zone.desk.search.schemas import nobody_found_hint
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("desk_search_pages", __name__, template_folder="templates")


@pages.post("/desk/people")
@may(Permission.DESK_USE)
def search_people() -> Response:
    """Those whom the words may mean; who looked for what is on record."""
    words = request.form.get("words", "")[:254]
    try:
        people = find_people(words, actor_id=current_actor().id, now=utc_now())
    except DomainError as refusal:
        page = render_template(
            "desk/search/found.html",
            words=words,
            people=[],
            hint=None,
            refusal=refusal_messages(refusal),
        )
        response = make_response(page, refusal.status)
        if "retry_after" in refusal.extra:
            response.headers["Retry-After"] = str(refusal.extra["retry_after"])
        return response
    hint = None if people else nobody_found_hint()
    return make_response(
        render_template(
            "desk/search/found.html", words=words, people=people, hint=hint, refusal=None
        )
    )
