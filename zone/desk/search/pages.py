"""The page of search results.

What was searched for is sent in the body of a request, so that no log of addresses holds a name.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, make_response, redirect
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.desk.live_doors.pages import board_now, board_page
from zone.desk.search.flows import find_people
from zone.desk.search.queries import FoundPerson
from zone.desk.search.schemas import LONGEST_WORDS, SearchSchema, nobody_found_hint
from zone.web import forms
from zone.web.auth import current_actor, may
from zone.web.forms import FormState

FOUND: Final = "found=1"
"""With it the page of a person puts the focus on the name: a second Enter presses nothing there."""

pages: Final = Blueprint("desk_search_pages", __name__, template_folder="templates")


@pages.post("/desk/people")
@may(Permission.DESK_USE)
def search_people() -> Response:
    """The people whom the words may mean; the only one is opened at once."""
    # Not `forms.handle`: a redirect would carry the words in its address.
    typed = forms.read(SearchSchema())
    words = typed.get("words", "")[:LONGEST_WORDS]
    try:
        people = find_people(words, current_actor(), now=utc_now())
    except DomainError as refusal:
        return forms.refused(_results_page, refusal, typed, key="")
    if len(people) == 1:
        return redirect(f"/desk/people/{people[0].id}?{FOUND}", 303)
    hint = None if people else nobody_found_hint()
    return make_response(_results_page(FormState(typed), people, hint))


def _results_page(
    state: FormState, people: Sequence[FoundPerson] = (), hint: str | None = None
) -> str:
    return board_page(
        "desk/search/found.html",
        board_now(),
        None,
        panel_first=True,
        state=state,
        words=state.values.get("words", ""),
        people=people,
        hint=hint,
    )
