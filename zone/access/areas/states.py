"""The states of the page of one area, of an invented one."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any, Final

from zone.access.areas.pages import render_page, values_of
from zone.access.areas.queries import AreaChoices, AreaView
from zone.core.errors import DomainError, edited_meanwhile
from zone.web import forms
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

CAMPUSES: Final = {"myllypuro": "Metropolia Myllypuro", "myyrmaki": "Metropolia Myyrmäki"}
SPACES: Final = {
    str(uuid.UUID(int=301)): {"fi": "Kuntosali", "sv": "Gym", "en": "Gym"},
    str(uuid.UUID(int=302)): {"fi": "Liikuntasali", "sv": "Idrottssal", "en": "Sports hall"},
}
AREA: Final = AreaView(
    id=uuid.UUID(int=201),
    name="Gym and hall",
    campus="myllypuro",
    kinds=["gym", "class"],
    spaces=[uuid.UUID(int=301)],
    proves_presence=True,
    needs_booking=False,
    sensitive=False,
    always_open=False,
    passback="soft",
    passback_seconds=60,
    occupancy_limit=40,
    stay_minutes=90,
    version=3,
)
DOORS: Final = {str(uuid.UUID(int=101)): "Gym door", str(uuid.UUID(int=102)): "Hall door"}
CHOICES: Final = AreaChoices(CAMPUSES, SPACES, DOORS)


def _page(
    state: FormState | None = None,
    area: AreaView | None = AREA,
    choices: AreaChoices = CHOICES,
    done: str = "",
) -> str:
    return render_page(state or FormState(), area, choices, done)


def _refused(refusal: DomainError, stored: dict[str, Any] | None = None, **typed: Any) -> str:
    typed = values_of(AREA) | typed
    read = (lambda: stored) if stored else None
    return forms.refused(_page, refusal, typed, "k", read).get_data(as_text=True)


STATES: Final = (
    State("area", "as-it-is", _page),
    State("area", "saved", partial(_page, done="saved")),
    State("area", "without-a-door", partial(_page, choices=AreaChoices(CAMPUSES, SPACES, {}))),
    State("area", "new", partial(_page, area=None, choices=AreaChoices(CAMPUSES, {}, {}))),
    State(
        "area",
        "not-valid",
        lambda: _refused(
            DomainError(INVALID_INPUT, fields={"kinds": ["Shorter than minimum length 1."]}),
            kinds=[],
        ),
    ),
    State(
        "area",
        "changed-meanwhile",
        lambda: _refused(
            edited_meanwhile(4, ["passback"]),
            values_of(replace(AREA, passback="hard", version=4)),
            occupancy_limit=30,
        ),
    ),
)
