"""The states of the page of a new door, of invented ones."""

import uuid
from typing import Any, Final

from zone.access.areas.queries import AreaView
from zone.access.new_doors.pages import render_page
from zone.access.new_doors.schemas import NewDoorForm
from zone.core.errors import DomainError
from zone.web import forms
from zone.web.forms import FormState
from zone.web.states import State

_CAMPUSES: Final = {"myllypuro": "Metropolia Myllypuro", "pasila": "Haaga-Helia Pasila"}
_GYM: Final = AreaView(
    id=uuid.UUID(int=1),
    name="Gym",
    campus="myllypuro",
    kinds=["gym"],
    spaces=[],
    proves_presence=False,
    needs_booking=False,
    sensitive=False,
    always_open=False,
    passback="soft",
    passback_seconds=60,
    occupancy_limit=None,
    stay_minutes=90,
    version=1,
)


def _page(state: FormState) -> str:
    return render_page(state, _CAMPUSES, [_GYM], [])


def _refused(**typed: Any) -> str:
    try:
        forms.validate(NewDoorForm(), typed)
    except DomainError as refusal:
        return forms.refused(_page, refusal, typed=typed, key="").get_data(as_text=True)
    return _page(FormState())


STATES: Final = (
    State("new-door", "empty", lambda: _page(FormState())),
    State("new-door", "no-place", lambda: _refused(name="Side door", direction="in")),
    State(
        "new-door",
        "no-kind",
        lambda: _refused(name="Side door", direction="in", area_name="Yard", campus="pasila"),
    ),
)
