"""The states of the managers' page of a bundle's parts, from invented values."""

from functools import partial
from typing import Final

from zone.core.errors import edited_meanwhile
from zone.passes.bundles.pages import form_values, parts_page
from zone.passes.bundles.rules import NewPart
from zone.web import forms
from zone.web.forms import FormState
from zone.web.states import State

NAME: Final = {"fi": "Sali ja ryhmät", "sv": "Gym och grupper", "en": "Gym and classes"}
SOLD: Final = {
    "gym": {"fi": "Kuntosalipassi", "sv": "Gymkort", "en": "Gym pass"},
    "classes": {"fi": "Ryhmäliikunta", "sv": "Gruppträning", "en": "Group classes"},
}
PARTS: Final = (NewPart("gym", 1500), NewPart("classes", 2500, counts=False))


def _changed_meanwhile() -> str:
    return forms.refused(
        lambda state: parts_page(NAME, SOLD, state),
        edited_meanwhile(4, ["parts"]),
        typed=form_values("both", 3, PARTS[:1]),
        key="",
        stored=lambda: form_values("both", 4, PARTS),
    ).get_data(as_text=True)


def _page(*parts: NewPart, done: bool = False) -> str:
    return parts_page(NAME, SOLD, FormState(form_values("both", 3, parts)), done=done)


STATES: Final = (
    State("bundle-parts", "none", _page),
    State("bundle-parts", "two", partial(_page, *PARTS)),
    State("bundle-parts", "saved", partial(_page, *PARTS, done=True)),
    State("bundle-parts", "changed-meanwhile", _changed_meanwhile),
)
